import { LRUCache } from 'lru-cache';
import type { Clock } from '../ops/clock.js';
import type { Reason } from './answer.js';
import { placeOf } from './fact-shape.js';
import type { FactKey } from './store.js';

const maxRemembered = 10_000;
/** How long the refresh of a document that is kept is not repeated after it failed, in milliseconds. */
const restMs = 5_000;

/** Documents of one source that are kept and whose last refresh failed: each rests for a moment before it is asked for again. */
export class FailedRefreshes {
  readonly #failures = new LRUCache<string, { readonly reason: Reason; readonly atMs: number }>({ max: maxRemembered });

  constructor(private readonly clock: Clock) {}

  note(key: FactKey, reason: Reason): void {
    this.#failures.set(placeOf(key), { reason, atMs: this.clock.monotonicMs() });
  }

  forget(key: FactKey): void {
    this.#failures.delete(placeOf(key));
  }

  /** Why the last refresh failed, while it is not to be repeated. */
  justNow(key: FactKey): Reason | undefined {
    const failure = this.#failures.get(placeOf(key));
    return failure && this.clock.monotonicMs() - failure.atMs < restMs ? failure.reason : undefined;
  }
}
