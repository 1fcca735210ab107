import type { Clock } from '../../ops/clock.js';

/** Requests per second, as a bucket of tokens: a second's worth may come at once. */
export class RequestRate {
  #tokens: number;
  #filledAtMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.#tokens = perSecond;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Waits for one's turn, in order of coming. @throws the signal's reason when it is aborted first */
  async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#fill();
    this.#tokens--;
    if (this.#tokens >= 0) return;
    try {
      await this.clock.sleep((-this.#tokens / this.perSecond) * 1000, signal);
    } catch (error) {
      this.#tokens++;
      throw error;
    }
  }

  /**
   * In milliseconds, how long until a guess may come: half of a second's worth stays for those who wait for an answer. 0 when it may now.
   */
  spareInMs(): number {
    this.#fill();
    const missing = 1 + this.perSecond / 2 - this.#tokens;
    return missing <= 0 ? 0 : (missing / this.perSecond) * 1000;
  }

  #fill(): void {
    const nowMs = this.clock.monotonicMs();
    this.#tokens = Math.min(this.perSecond, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.perSecond);
    this.#filledAtMs = nowMs;
  }
}
