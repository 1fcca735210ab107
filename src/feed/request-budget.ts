import type { Clock } from '../ops/clock.js';
import type { Reason } from './answer.js';
import { within } from './within.js';

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
    this.#startedAtMs = clock.monotonicMs();
  }

  /** In milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.totalMs - (this.clock.monotonicMs() - this.#startedAtMs));
  }

  /** What `work` comes to, or `otherwise` when the budget is used up first. */
  wait<T, O>(work: Promise<T>, otherwise: () => O): Promise<T | O> {
    return within(this.clock, this.leftMs, work, otherwise);
  }

  /** Why a client got nothing from a source in its time. @param waiting requests that wait for a free connection to it */
  usedUp(source: string, waiting = 0): Reason {
    const seconds = Number((this.totalMs / 1000).toFixed(3));
    const crowd = waiting > 0 ? `; ${waiting} requests wait for a free connection to it (sources[].maxConcurrent)` : '';
    return {
      code: 'source-timeout',
      source,
      detail: `${source} did not answer within the ${seconds} s of limits.requestBudget${crowd}`,
    };
  }
}
