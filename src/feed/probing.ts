import type { Clock } from '../ops/clock.js';
import { backoffMs } from '../ops/backoff.js';

const firstMs = 1_000;
const longestMs = 30_000;
/** Between two probes that somebody waits for, in milliseconds. */
const wantedEveryMs = 2_000;

/**
 * Asks again and again in the background whether a source is there, with growing pauses. Each probe ends at its own time-out, whatever the
 * source does, and the next one is planned then: it cannot stick.
 */
export class Probing {
  #attempt = 0;
  #nextAtMs = 0;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #running: AbortController | undefined;

  /**
   * @param probe whether the source answered; may throw
   * @param onAnswered called after a probe that was answered
   * @param timeoutMs a probe that says nothing for so long has failed
   */
  constructor(
    private readonly clock: Clock,
    private readonly probe: (signal: AbortSignal) => Promise<boolean>,
    private readonly onAnswered: () => void,
    private readonly timeoutMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Until the next probe, in milliseconds. */
  get nextInMs(): number {
    return Math.max(0, this.#nextAtMs - this.clock.monotonicMs());
  }

  /** Begins, where it has not begun; a source that was only tried meanwhile is waited for longer than before. */
  start(): void {
    if (this.#cancel === undefined && this.#running === undefined) this.#plan();
  }

  /** Somebody would ask the source: the next probe need not wait for the end of a long pause. */
  want(): void {
    if (this.#cancel === undefined || this.#attempt < 2) return;
    if (this.clock.monotonicMs() - this.#endedAtMs < wantedEveryMs) return;
    this.#cancel();
    this.#cancel = undefined;
    void this.#ask();
  }

  /** Ends it. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#running?.abort();
    this.#running = undefined;
  }

  /** The source is back for good: the next outage begins with short pauses. */
  forget(): void {
    this.stop();
    this.#attempt = 0;
  }

  #plan(): void {
    const waitMs = backoffMs(this.#attempt++, { firstMs, longestMs }, this.random);
    this.#nextAtMs = this.clock.monotonicMs() + waitMs;
    this.#cancel = this.clock.later(waitMs, () => {
      this.#cancel = undefined;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const isAnswered = await new Promise<boolean>((resolve) => {
      // Not left to the one who is asked: it may not hear the signal.
      const cancel = this.clock.later(this.timeoutMs, () => {
        running.abort(new Error('the probe took too long'));
        resolve(false);
      });
      running.signal.addEventListener('abort', () => resolve(false), { once: true });
      this.probe(running.signal)
        .catch(() => false)
        .then(resolve)
        .finally(cancel)
        .catch(() => undefined);
    });
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#endedAtMs = this.clock.monotonicMs();
    if (isAnswered) this.onAnswered();
    else this.#plan();
  }
}
