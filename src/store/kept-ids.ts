import type { KeptIds } from '../feed/store.js';

/**
 * The ids of the packages kept, sorted, with the number of packages that each source supplied. An id costs one string, one short array
 * and a place in the list; putting it in its place moves memory and sorts nothing.
 */
export class SortedIds implements KeptIds {
  readonly #sorted: string[] = [];
  /** Packages by place of the source in `#sources`. */
  readonly #counts = new Map<string, number[]>();
  readonly #sources: string[] = [];

  get count(): number {
    return this.#sorted.length;
  }

  following(after: string, limit: number): readonly string[] {
    const from = this.#placeOf(after);
    const start = this.#sorted[from] === after ? from + 1 : from;
    return this.#sorted.slice(start, start + limit);
  }

  sourcesOf(id: string): readonly string[] {
    return (this.#counts.get(id) ?? []).flatMap((count, place) => (count > 0 ? [this.#sources[place] ?? ''] : []));
  }

  add(id: string, source: string): void {
    let counts = this.#counts.get(id);
    if (counts === undefined) {
      this.#counts.set(id, (counts = []));
      this.#sorted.splice(this.#placeOf(id), 0, id);
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
    this.#sorted.splice(this.#placeOf(id), 1);
  }

  #sourceAt(source: string): number {
    const place = this.#sources.indexOf(source);
    return place >= 0 ? place : this.#sources.push(source) - 1;
  }

  /** Where the id stands, or would. */
  #placeOf(id: string): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
