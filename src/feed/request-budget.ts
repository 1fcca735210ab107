import type { Clock } from '../ops/clock.js';
import type { Reason } from './answer.js';

/**
 * The time that one request of a client may spend on all its sources and their retries (`limits.requestBudget`). When it is used up the
 * client stops waiting; what was begun goes on for others under deadlines of its own.
 */
export class RequestBudget {
  readonly #startedAtMs: number;

  constructor(
    private readonly totalMs: number,
    private readonly clock: Clock,
  ) {
    this.#startedAtMs = clock.now();
  }

  /**
   * What `work` comes to, or `otherwise` when the budget is used up first.
   * @param atMostMs waits no longer than so, whatever is left
   */
  async wait<T, O>(work: Promise<T>, otherwise: () => O, atMostMs = Number.POSITIVE_INFINITY): Promise<T | O> {
    const over = new AbortController();
    const leftMs = Math.max(0, Math.min(atMostMs, this.totalMs - Math.max(0, this.clock.now() - this.#startedAtMs)));
    try {
      return await Promise.race([work, this.clock.sleep(leftMs, over.signal).then(otherwise, () => work)]);
    } finally {
      over.abort();
    }
  }

  /** Why a client got nothing from a source in its time. */
  usedUp(source: string): Reason {
    const seconds = Number((this.totalMs / 1000).toFixed(3));
    return {
      code: 'source-timeout',
      source,
      detail: `${source} did not answer within the ${seconds} s of limits.requestBudget`,
    };
  }
}
