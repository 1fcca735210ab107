import { LRUCache } from 'lru-cache';

import type { Clock } from '../../ops/clock.js';

/** What happened lately, so many at the most. */
export class Lately {
  readonly #atMs: LRUCache<string, number>;

  constructor(
    private readonly clock: Clock,
    private readonly ttlMs: number,
    max: number,
  ) {
    this.#atMs = new LRUCache({ max });
  }

  /** @param withinMs less than all that is remembered */
  has(key: string, withinMs = this.ttlMs): boolean {
    const atMs = this.#atMs.get(key);
    return atMs !== undefined && this.clock.monotonicMs() - atMs < withinMs;
  }

  note(key: string): void {
    this.#atMs.set(key, this.clock.monotonicMs());
  }

  forget(key: string): void {
    this.#atMs.delete(key);
  }
}
