import type { Clock } from '../../ops/clock.js';

/** A limit on waiting for a file system: what hangs on a dead mount cannot be called off, only left behind. */
export class Patience {
  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
  ) {}

  /**
   * What `work` gives.
   *
   * @throws what `onTimeout` makes, when that takes too long; the reason of `signal`, once it is aborted
   */
  async await<T>(work: Promise<T>, onTimeout: () => Error, signal?: AbortSignal): Promise<T> {
    const waiting = new AbortController();
    const limit = this.clock
      .sleep(this.limitMs, signal ? AbortSignal.any([waiting.signal, signal]) : waiting.signal)
      .then(
        () => Promise.reject(onTimeout()),
        () => {
          signal?.throwIfAborted();
          // The work was there first, and its word counts.
          return work;
        },
      );
    try {
      return await Promise.race([work, limit]);
    } finally {
      // Whoever is still at work when nobody waits must not end the process by failing.
      work.catch(() => undefined);
      limit.catch(() => undefined);
      waiting.abort();
    }
  }
}
