import { setTimeout as delay } from 'node:timers/promises';

/** The only place that asks what time it is. */
export interface Clock {
  /** Milliseconds since the epoch. May jump: whoever measures how long something took asks `monotonicMs`. */
  now(): number;
  /** Milliseconds since some moment; never goes back and never jumps. */
  monotonicMs(): number;
  /** Resolves after `ms`. @throws the signal's reason when it is aborted first */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs something after `ms`, without keeping the process alive for it. @returns calls it off */
  later(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {});
  },
  later: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
