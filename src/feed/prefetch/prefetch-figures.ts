import { LRUCache } from 'lru-cache';

import type { Clock } from '../../ops/clock.js';

/** What was fetched ahead and not asked for within this is wasted, in milliseconds. */
const wastedAfterMs = 600_000;
const maxRemembered = 20_000;

export interface PrefetchCounts {
  /** Lists and packages that came before they were asked for, or were on their way then. */
  readonly useful: number;
  /** Those that nobody asked for within ten minutes. Asked for later, they count as useful after all. */
  readonly wasted: number;
  /** Queued or under way. */
  readonly pending: number;
}

/** Whether what is fetched ahead is of use. */
export class PrefetchFigures {
  /** On their way; whether a client asked meanwhile. */
  readonly #coming = new Map<string, { isAsked: boolean }>();
  /** Here, and not asked for yet, oldest first: since when. */
  readonly #unasked = new Map<string, number>();
  readonly #wastedOnes = new LRUCache<string, true>({ max: maxRemembered });
  #useful = 0;
  #wasted = 0;

  constructor(private readonly clock: Clock) {}

  get counts(): PrefetchCounts {
    this.#sweep();
    return { useful: this.#useful, wasted: this.#wasted, pending: this.#coming.size };
  }

  begun(key: string): void {
    this.#coming.set(key, { isAsked: false });
  }

  /** @param isHere whether it came: what came to nothing is neither useful nor wasted */
  ended(key: string, isHere: boolean): void {
    const coming = this.#coming.get(key);
    this.#coming.delete(key);
    if (!isHere || coming === undefined) return;
    if (coming.isAsked) this.#useful++;
    else {
      this.#unasked.delete(key);
      this.#unasked.set(key, this.clock.monotonicMs());
      this.#sweep();
    }
  }

  /** A client asks for it. */
  asked(key: string): void {
    const coming = this.#coming.get(key);
    if (coming) coming.isAsked = true;
    else if (this.#unasked.delete(key)) this.#useful++;
    else if (this.#wastedOnes.size > 0 && this.#wastedOnes.delete(key)) {
      this.#wasted--;
      this.#useful++;
    }
  }

  #sweep(): void {
    const beforeMs = this.clock.monotonicMs() - wastedAfterMs;
    for (const [key, atMs] of this.#unasked) {
      if (atMs > beforeMs && this.#unasked.size <= maxRemembered) return;
      this.#unasked.delete(key);
      this.#wastedOnes.set(key, true);
      this.#wasted++;
    }
  }
}
