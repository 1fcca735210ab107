import type { Clock } from '../ops/clock.js';
import { backoffMs } from '../ops/backoff.js';

/** However long a source wants to be left alone, it is asked again after this, in milliseconds. */
const longestMs = 600_000;
const unsaid = { firstMs: 1_000, longestMs: 30_000 };

/** A source asked to be asked less (429, or 503 with `Retry-After`): it is left alone as a whole until then. */
export class SourcePause {
  #untilMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /** In milliseconds; 0 when it may be asked. */
  get leftMs(): number {
    return Math.max(0, this.#untilMs - this.clock.monotonicMs());
  }

  /** @param retryAfterMs as the source said; where it did not, a short pause that grows while it goes on so */
  begin(retryAfterMs: number | undefined): void {
    // Many answers of one storm are one.
    if (retryAfterMs === undefined && this.leftMs > 0) return;
    const pauseMs = retryAfterMs ?? backoffMs(this.#unsaid++, unsaid, this.random);
    this.#untilMs = Math.max(this.#untilMs, this.clock.monotonicMs() + Math.min(pauseMs, longestMs));
  }

  /** It answers. */
  good(): void {
    if (this.leftMs === 0) this.#unsaid = 0;
  }
}
