import type { KeptIds } from '../feed/store.js';

/** Most ids in one bucket: putting one in its place moves no more than these. */
const maxBucket = 512;

/**
 * The ids of the packages kept, sorted, with the number of packages that each source supplied. An id costs one string, one short array
 * and a place in a bucket, whatever the order in which ids come.
 */
export class SortedIds implements KeptIds {
  /** Ascending, in themselves and among each other; none is empty but the only one. */
  readonly #buckets: string[][] = [[]];
  /** Packages by place of the source in `#sources`. */
  readonly #counts = new Map<string, number[]>();
  readonly #sources: string[] = [];

  get count(): number {
    return this.#counts.size;
  }

  has(id: string): boolean {
    return this.#counts.has(id);
  }

  following(after: string, limit: number): readonly string[] {
    const found: string[] = [];
    let bucket = this.#bucketOf(after);
    let place = placeIn(this.#buckets[bucket] ?? [], after);
    if (this.#buckets[bucket]?.[place] === after) place++;
    for (; found.length < limit && bucket < this.#buckets.length; bucket++, place = 0)
      for (const id of (this.#buckets[bucket] ?? []).slice(place, place + limit - found.length)) found.push(id);
    return found;
  }

  sourcesOf(id: string): readonly string[] {
    return (this.#counts.get(id) ?? []).flatMap((count, place) => (count > 0 ? [this.#sources[place] ?? ''] : []));
  }

  add(id: string, source: string): void {
    let counts = this.#counts.get(id);
    if (counts === undefined) {
      this.#counts.set(id, (counts = []));
      this.#insert(id);
    }
    const place = this.#sourceAt(source);
    while (counts.length <= place) counts.push(0);
    counts[place] = (counts[place] ?? 0) + 1;
  }

  subtract(id: string, source: string): void {
    const counts = this.#counts.get(id);
    if (counts === undefined) return;
    const place = this.#sourceAt(source);
    counts[place] = Math.max(0, (counts[place] ?? 0) - 1);
    if (counts.some((count) => count > 0)) return;
    this.#counts.delete(id);
    this.#take(id);
  }

  #insert(id: string): void {
    const at = this.#bucketOf(id);
    const bucket = this.#buckets[at] ?? [];
    bucket.splice(placeIn(bucket, id), 0, id);
    if (bucket.length <= maxBucket) return;
    // Ids that come in order leave full buckets behind, not half ones.
    const half = bucket.at(-1) === id ? maxBucket : maxBucket / 2;
    this.#buckets.splice(at + 1, 0, bucket.splice(half));
  }

  #take(id: string): void {
    const at = this.#bucketOf(id);
    const bucket = this.#buckets[at] ?? [];
    bucket.splice(placeIn(bucket, id), 1);
    if (bucket.length === 0 && this.#buckets.length > 1) this.#buckets.splice(at, 1);
  }

  /** The last bucket that does not begin above the id. */
  #bucketOf(id: string): number {
    let [low, high] = [0, this.#buckets.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#buckets[middle]?.[0] ?? '') <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #sourceAt(source: string): number {
    const place = this.#sources.indexOf(source);
    return place >= 0 ? place : this.#sources.push(source) - 1;
  }
}

/** Where the id stands in a bucket, or would. */
function placeIn(bucket: readonly string[], id: string): number {
  let [low, high] = [0, bucket.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bucket[middle] ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
