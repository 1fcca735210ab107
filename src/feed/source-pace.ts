/** After so many answers in a row that did not come within the grace, nobody waits for the next. */
const lateUntilSlow = 2;
/** Nobody waits shorter than this, in milliseconds: a source on the same machine is not slow because somebody else had the processor. */
const defaultLeastMs = 100;
/** How much of a new answer goes into the estimates. */
const weight = 1 / 8;
const varianceWeight = 1 / 4;

/**
 * Whether waiting a moment for a source's word is worth it, and how long: about as long as it usually takes, as TCP waits for an
 * acknowledgement (RFC 6298), and not at all for a source that keeps those who wait waiting.
 */
export class SourcePace {
  #late = 0;
  /** Of the times that answers took, in milliseconds; `undefined` before the first. */
  #usual: { readonly ms: number; readonly deviationMs: number } | undefined;

  /**
   * @param mostMs at most so long, in milliseconds, and so long while nothing is known
   * @param leastMs at least so long, in milliseconds
   */
  constructor(
    private readonly mostMs: number,
    private readonly leastMs = defaultLeastMs,
  ) {}

  get isSlow(): boolean {
    return this.#late >= lateUntilSlow;
  }

  /** How long a newer word is worth waiting for, in milliseconds. */
  get graceMs(): number {
    if (this.#usual === undefined) return this.mostMs;
    const { ms, deviationMs } = this.#usual;
    return Math.min(this.mostMs, Math.max(this.leastMs, ms + 4 * deviationMs));
  }

  /** Somebody waited in vain. @returns whether that made it slow */
  late(): boolean {
    return ++this.#late === lateUntilSlow;
  }

  /** An answer came, so many milliseconds after it was asked for. */
  took(ms: number): void {
    const tookMs = Math.min(ms, this.mostMs);
    if (ms <= this.mostMs) this.#late = 0;
    if (this.#usual === undefined) {
      this.#usual = { ms: tookMs, deviationMs: tookMs / 2 };
      return;
    }
    const offMs = tookMs - this.#usual.ms;
    this.#usual = {
      ms: this.#usual.ms + weight * offMs,
      deviationMs: this.#usual.deviationMs + varianceWeight * (Math.abs(offMs) - this.#usual.deviationMs),
    };
  }
}
