import type { Feed } from './feed.js';

/** Who asks: decides of which feeds, sources and packages they are told. */
export interface Reader {
  mayRead(feed: string): boolean;
  /** Whether totals over everything, and what belongs to no feed, may be told. */
  readonly mayReadAll: boolean;
}

/** Whoever may read everything: the owner of the machine, or anybody where there are no keys. */
export const everyReader: Reader = { mayRead: () => true, mayReadAll: true };

/** Of which sources the reader may be told: those of their feeds; of all when they may read everything. */
export function knownSources(feeds: ReadonlyMap<string, Feed>, reader: Reader): (source: string) => boolean {
  if (reader.mayReadAll) return () => true;
  const readable = [...feeds.values()].filter(({ name }) => reader.mayRead(name));
  const known = new Set(readable.flatMap(({ sources }) => sources));
  return (source) => known.has(source);
}
