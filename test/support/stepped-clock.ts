import type { Clock } from '../../src/ops/clock.js';

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock whose sleepers and timers wake only when it is told to move: for tests of what happens when. */
export class SteppedClock implements Clock {
  #wallMs = Date.parse('2030-01-02T03:04:05Z');
  #elapsedMs = 1_000_000;
  readonly #due = new Set<Due>();

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** How long until the next timer or sleeper, in milliseconds; absent when there is none. */
  get nextInMs(): number | undefined {
    const times = [...this.#due].map(({ atMs }) => atMs - this.#elapsedMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  later(ms: number, run: () => void): () => void {
    const due = { atMs: this.#elapsedMs + ms, run };
    this.#due.add(due);
    return () => this.#due.delete(due);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(signal?.reason as Error);
      if (signal?.aborted) return fail();
      const onAbort = () => {
        cancel();
        fail();
      };
      const cancel = this.later(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Lets time pass; what is due runs in its order, with a turn of the loop after each. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      await settle();
      const next = [...this.#due].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#due.delete(next);
      this.#step(Math.max(next.atMs, this.#elapsedMs));
      next.run();
    }
    this.#step(untilMs);
    await settle();
  }

  /** Somebody sets the wall clock; no time passes. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  #step(toMs: number): void {
    this.#wallMs += toMs - this.#elapsedMs;
    this.#elapsedMs = toMs;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
