import type { Clock } from '../ops/clock.js';
import type { Answer, Reason } from './answer.js';
import { SourceAuthorization } from './source-authorization.js';

/** How long a source that could not be reached is left alone by requests that have a kept answer, in milliseconds. */
const restMs = 5_000;

/** How long one who has nothing kept waits for a source that says nothing to anyone just now, in milliseconds: enough to find it back. */
export const silencePatienceMs = 2_000;

/**
 * What is known of a source's reachability, shared by all ids: one dead source costs its time-out once, not once per package.
 * It rests only requests that can be answered from what is kept; everything else still asks.
 */
export class SourceHealth {
  readonly authorization: SourceAuthorization;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #reason: Reason | undefined;

  constructor(private readonly clock: Clock) {
    this.authorization = new SourceAuthorization(clock);
  }

  observe(answer: Answer<unknown> | { readonly kind: 'unchanged' }): void {
    this.authorization.observe(answer);
    if (answer.kind === 'failed') {
      this.#failedAtMs = this.clock.now();
      this.#reason = answer.reason;
    } else {
      this.#failedAtMs = Number.NEGATIVE_INFINITY;
      this.#reason = undefined;
    }
  }

  /** Why the source should rest just now; `undefined` when it may be asked. */
  resting(): Reason | undefined {
    const sinceMs = this.clock.now() - this.#failedAtMs;
    return sinceMs >= 0 && sinceMs < restMs ? this.#reason : undefined;
  }

  /**
   * Why one who has nothing kept should not wait long either: no answer came at all. A server error says little on another id, and
   * to ask on in the background is how it is found that the source is back.
   */
  isSilent(): Reason | undefined {
    const reason = this.resting();
    return reason?.code === 'source-unreachable' || reason?.code === 'source-timeout' ? reason : undefined;
  }
}
