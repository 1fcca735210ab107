import type { Clock } from '../ops/clock.js';
import type { Answer, Reason } from './answer.js';

/** How long a refusal that was told is not told again, in milliseconds: a source may show some things to strangers and others not. */
const tellAgainMs = 3_600_000;

/** Whether a source accepts us, seen from its answers. */
export class SourceAuthorization {
  #refusal: Reason | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** The last answer that said so wanted credentials that we lack, or refused ours. */
  get unauthorized(): boolean {
    return this.#refusal !== undefined;
  }

  /** What it said; `undefined` while it accepts us. */
  get refusal(): Reason | undefined {
    return this.#refusal;
  }

  observe(answer: Answer<unknown> | { readonly kind: 'unchanged' }): void {
    if ('reason' in answer) {
      if (answer.reason.unauthorized) this.#refusal = answer.reason;
    } else if (answer.kind !== 'missing') {
      // Some servers answer strangers that there is no such thing: that proves nothing.
      this.#refusal = undefined;
    }
  }

  /** Whether a refusal is worth a line in the log; then it counts as told. */
  isNews(reason: Reason): boolean {
    if (!reason.unauthorized) return true;
    const sinceMs = this.clock.now() - this.#toldAtMs;
    if (sinceMs >= 0 && sinceMs < tellAgainMs) return false;
    this.#toldAtMs = this.clock.now();
    return true;
  }
}
