import type { PackageId } from './package-id.js';
import { PackageVersion } from './package-version.js';
import { highest } from './search-hit.js';
import type { SearchHit, SearchHitTexts, SearchHitVersion } from './search-hit.js';

/** What one source found, in its order of rank, or the beginning of that. Each id once. */
export interface RankedList<T extends { readonly id: PackageId }> {
  readonly source: string;
  readonly entries: readonly T[];
  /** How many there are by the source's own word: at least the entries at hand. */
  readonly total: number;
  /** The entries are all there are. */
  readonly isWhole: boolean;
}

/** What the sources say on one id, in order of precedence. Never empty. */
export type Sayings<T> = readonly [first: T, ...others: T[]];

/**
 * One ranking out of several: by the best reciprocal rank that an id has in any of them, the order of sources deciding between equals.
 * The best and not the sum, because then the first n of the result depend on the first n of each list alone: a page that is asked for
 * later, with longer lists at hand, continues the one before without a gap and without a repetition.
 */
export function mergeRankings<T extends { readonly id: PackageId }>(lists: readonly RankedList<T>[]): Sayings<T>[] {
  const merged = new Map<string, { readonly sayings: (T | undefined)[] }>();
  const longest = Math.max(0, ...lists.map(({ entries }) => entries.length));
  for (let rank = 0; rank < longest; rank++)
    for (const [place, { entries }] of lists.entries()) {
      const entry = entries[rank];
      if (entry === undefined) continue;
      const known = merged.get(entry.id.key);
      const sayings = known?.sayings ?? [];
      sayings[place] ??= entry;
      if (!known) merged.set(entry.id.key, { sayings });
    }
  return [...merged.values()].map(({ sayings }) => sayings.filter((one) => one !== undefined) as unknown as Sayings<T>);
}

/** Up to so many in all, the lists are read to their ends and counted exactly; with more the sum of what the sources say stands for them. */
export const maxCountedHits = 100;

/**
 * How many ids there are in all. Never below what any page shows, and the same for every page: exact where the lists are short enough to
 * be read whole for each page, else the sources' own totals added up, which counts an id that several have more than once.
 */
export function totalOf<T extends { readonly id: PackageId }>(lists: readonly RankedList<T>[]): number {
  const sum = lists.reduce((total, list) => total + Math.max(list.total, list.entries.length), 0);
  if (sum > maxCountedHits || lists.some(({ isWhole }) => !isWhole)) return sum;
  return new Set(lists.flatMap(({ entries }) => entries.map(({ id }) => id.key))).size;
}

/** One line of search results, as it is shown. */
export interface SearchResult {
  readonly id: PackageId;
  /** The highest of `versions`. */
  readonly version: PackageVersion;
  /** Ascending. */
  readonly versions: readonly SearchHitVersion[];
  readonly texts: SearchHitTexts;
  readonly totalDownloads?: number;
  readonly packageTypes: readonly string[];
}

/** Joins what sources say on one id: versions united, the first source that has one owning it; the highest version's owner describes it. */
export function uniteHits(hits: Sayings<SearchHit>): SearchResult {
  const owners = new Map<string, { readonly entry: SearchHitVersion; readonly hit: SearchHit }>();
  for (const hit of hits)
    for (const entry of hit.versions) if (!owners.has(entry.version.key)) owners.set(entry.version.key, { entry, hit });
  const versions = [...owners.values()]
    .map(({ entry }) => entry)
    .sort((a, b) => PackageVersion.compare(a.version, b.version));
  const version = highest(versions) ?? hits[0].version;
  const owner = owners.get(version.key)?.hit ?? hits[0];
  const downloads = hits.flatMap(({ totalDownloads }) => totalDownloads ?? []);
  return {
    id: owner.id,
    version,
    versions,
    texts: owner.texts,
    ...(downloads.length > 0 && { totalDownloads: Math.max(...downloads) }),
    packageTypes: owner.packageTypes?.length ? owner.packageTypes : ['Dependency'],
  };
}
