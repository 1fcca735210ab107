import type { PackageId } from '../nuget/package-id.js';
import type { RankedList } from '../nuget/search-merge.js';
import type { SearchWindow } from '../nuget/search-query.js';
import type { Answer } from './answer.js';

/** A page of what a source found, whatever it is. */
export interface RankedPage<T> {
  readonly entries: readonly T[];
  /** Elements that the page had. */
  readonly count: number;
  readonly totalHits?: number;
}

/** A source that sends so many elements that are not shown is left there: the rest of its list counts as the same. */
const maxLeftOut = 1_000;
const mostTake = 250;

/**
 * Reads a source's results from their beginning, page by page, as servers give them: some cap a page below what was asked, some ignore the
 * window and send everything, some tell no total or a wrong one. The end is an empty page or one that brings nothing new.
 */
export class ListReader<T extends { readonly id: PackageId }> {
  readonly #entries: T[] = [];
  readonly #seen = new Set<string>();
  #at: number;
  /** Behind the last element that came. */
  #end = 0;
  #totalHits: number | undefined;
  #isWhole = false;
  #leftOut = 0;
  #ignoresWindow = false;

  /** @param choose the entry as it is shown, or `undefined` when it is not */
  constructor(
    private readonly source: string,
    private readonly ask: (window: SearchWindow) => Promise<Answer<RankedPage<T>>>,
    private readonly choose: (entry: T) => T | undefined,
    from = 0,
  ) {
    this.#at = from;
  }

  /** Whether the source's places are not the places of the entries. */
  get leftOut(): boolean {
    return this.#leftOut > 0 || this.#ignoresWindow;
  }

  get list(): RankedList<T> {
    const known = this.#end + (this.#isWhole ? 0 : 1);
    const isCounted = this.#isWhole && this.leftOut;
    return {
      source: this.source,
      entries: this.#entries,
      total: isCounted ? this.#entries.length : Math.max(this.#totalHits ?? known, this.#end),
      isWhole: this.#isWhole,
    };
  }

  /** Reads on until so many entries are at hand or the list ends. @returns the answer that stopped it, if one did */
  async reach(count: number, take: number): Promise<Exclude<Answer<never>, { kind: 'found' }> | undefined> {
    for (let wide = take; this.#entries.length < count && !this.#isWhole;) {
      const leftOutBefore = this.#leftOut;
      const page = await this.ask({ skip: this.#at, take: wide });
      if (page.kind !== 'found') return page;
      this.#add(page.value, wide);
      // Most of it was not for us: what is has to be looked for in larger pieces.
      if (this.#leftOut - leftOutBefore > page.value.count / 2) wide = Math.max(take, Math.min(mostTake, wide * 2));
    }
    return undefined;
  }

  #add({ entries, count, totalHits }: RankedPage<T>, take: number): void {
    let isNew = false;
    for (const entry of entries) {
      if (this.#seen.has(entry.id.key)) continue;
      isNew = true;
      this.#seen.add(entry.id.key);
      const chosen = this.choose(entry);
      if (chosen) this.#entries.push(chosen);
      else this.#leftOut++;
    }
    this.#at += count;
    if (count > 0) this.#end = this.#at;
    this.#totalHits ??= totalHits;
    const isShort = count < take && (totalHits === undefined || totalHits <= this.#at);
    // More than was asked for is everything.
    this.#ignoresWindow = count > take;
    this.#isWhole = count === 0 || !isNew || isShort || this.#ignoresWindow || this.#leftOut >= maxLeftOut;
  }
}
