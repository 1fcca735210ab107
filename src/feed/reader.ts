import type { Feed } from './feed.js';

/** Who asks: decides of which feeds, sources and packages they are told. */
export interface Reader {
  mayRead(feed: string): boolean;
}

/** Whoever may read everything: the owner of the machine, or anybody where there are no keys. */
export const everyReader: Reader = { mayRead: () => true };

/** Of which sources the reader may be told: those of their feeds; of all when they may read every feed. */
export function knownSources(feeds: ReadonlyMap<string, Feed>, reader: Reader): (source: string) => boolean {
  const readable = [...feeds.values()].filter(({ name }) => reader.mayRead(name));
  if (readable.length === feeds.size) return () => true;
  const known = new Set(readable.flatMap(({ sources }) => sources));
  return (source) => known.has(source);
}
