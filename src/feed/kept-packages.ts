import { setImmediate as nextTurn } from 'node:timers/promises';

import { PackageId } from '../nuget/package-id.js';
import { PackageVersion } from '../nuget/package-version.js';
import type { Feed } from './feed.js';
import type { Reader } from './reader.js';
import { readRegistration } from './registration-fact.js';
import type { FactStore, PackageRow, PackageStore } from './store.js';

/** What is kept here, in the shape of `/api/packages`. */
export interface KeptPackages {
  /** Ids that match. */
  readonly total: number;
  /** In order of id. */
  readonly items: readonly KeptPackage[];
  /** For `after`: the last id here, when there are more. */
  readonly next: string | null;
}

export interface KeptPackage {
  readonly id: string;
  /** Ascending. */
  readonly versions: readonly KeptVersion[];
}

export interface KeptVersion {
  readonly version: string;
  readonly bytes: number;
  readonly source: string;
  readonly sha512: string;
  /** ISO 8601. */
  readonly cachedAt: string;
  /** `null` while the source's registration is not kept here. */
  readonly listed: boolean | null;
}

export interface Page {
  /** A part of the id, in any case; empty for all. */
  readonly q: string;
  /** Ids to pass over, of those that match. */
  readonly skip: number;
  readonly take: number;
  /** Begin behind this id. Unlike `skip` it means the same however many ids come and go meanwhile. */
  readonly after?: string;
}

/** Ids looked through before others get their turn: about a millisecond. */
const idsPerTurn = 2_000;

export interface KeptPackagesOptions {
  readonly store: PackageStore;
  readonly facts: FactStore;
  readonly feeds: ReadonlyMap<string, Feed>;
}

/** One page of what is kept and may be read. The ids are in memory: rows are read for the page alone. */
export async function keptPackages(
  { store, facts, feeds }: KeptPackagesOptions,
  { q, skip, take, after = '' }: Page,
  reader: Reader,
): Promise<KeptPackages> {
  const isShown = visibility(feeds, reader);
  const hasShown = (id: string) => reader.mayReadAll || store.ids.sourcesOf(id).some((source) => isShown(id, source));
  const part = q.toLowerCase();
  const page: string[] = [];
  let total = 0;
  let passed = 0;
  let hasMore = false;
  for (let last = ''; ;) {
    const ids = store.ids.following(last, idsPerTurn);
    for (const id of ids) {
      if (!id.includes(part) || !hasShown(id)) continue;
      total++;
      if (id <= after) continue;
      if (passed++ < skip) continue;
      if (page.length < take) page.push(id);
      else hasMore = true;
    }
    if (ids.length < idsPerTurn) break;
    last = ids.at(-1) ?? '';
    await nextTurn();
  }
  const items: KeptPackage[] = [];
  for (const id of page) {
    const rows = await store.versionsOf(PackageId.parse(id));
    const shown = rows.filter(({ source }) => isShown(id, source));
    if (shown.length > 0) items.push(await describe(shown, facts));
  }
  return { total, items, next: hasMore ? (page.at(-1) ?? null) : null };
}

/** Who may read everything sees all there is; others what a feed of theirs could serve them. */
function visibility(feeds: ReadonlyMap<string, Feed>, reader: Reader): (id: string, source: string) => boolean {
  if (reader.mayReadAll) return () => true;
  const readable = [...feeds.values()].filter(({ name }) => reader.mayRead(name));
  return (id, source) =>
    readable.some(
      (feed) =>
        feed.sources.includes(source) &&
        feed.eligible(PackageId.parse(id)).some((member) => member.source.name === source),
    );
}

async function describe(rows: readonly PackageRow[], facts: FactStore): Promise<KeptPackage> {
  const sorted = [...rows].sort((a, b) => PackageVersion.compare(a.identity.version, b.identity.version));
  const listings = new Map<string, ReadonlyMap<string, boolean>>();
  for (const { source, identity } of rows)
    if (!listings.has(source)) listings.set(source, await listedVersions(facts, source, identity.id));
  return {
    // As the newest one writes it.
    id: sorted.at(-1)?.identity.id.text ?? '',
    versions: sorted.map(({ identity: { version }, size, source, sha512, cachedAtMs }) => ({
      version: version.normalized,
      bytes: size,
      source,
      sha512,
      cachedAt: new Date(cachedAtMs).toISOString(),
      listed: listings.get(source)?.get(version.key) ?? null,
    })),
  };
}

/** By version, as the source's kept registration has it. */
async function listedVersions(facts: FactStore, source: string, id: PackageId): Promise<ReadonlyMap<string, boolean>> {
  const fact = await facts.read({ source, kind: 'registration', name: id.key });
  if (fact?.state !== 'found') return new Map();
  return new Map(readRegistration(fact).rows.map((row) => [PackageVersion.parse(row.version).key, row.listed]));
}
