import type { Failed, Found, Refused } from '../../feed/answer.js';
import type { Clock } from '../../ops/clock.js';
import type { ServiceIndex } from './service-index.js';

export type ServiceIndexAnswer = Found<ServiceIndex> | Refused | Failed;

/** How long a failed refresh is not repeated while an older index is at hand. */
const holdOffMs = 10_000;

/** One source's service index: read once for all who wait, kept for a while, and kept on when reading it anew fails. */
export class ServiceIndexMemo {
  #lastGood: Found<ServiceIndex> | undefined;
  #usableUntilMs = 0;
  #reading: Promise<ServiceIndexAnswer> | undefined;

  constructor(
    private readonly read: () => Promise<ServiceIndexAnswer>,
    private readonly ttlMs: number,
    private readonly clock: Clock,
  ) {}

  /** @throws the signal's reason when it is aborted; others who wait for the same reading are not touched */
  async get(signal?: AbortSignal): Promise<ServiceIndexAnswer> {
    signal?.throwIfAborted();
    if (this.#lastGood !== undefined && this.clock.monotonicMs() < this.#usableUntilMs) return this.#lastGood;
    this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined));
    return orAborted(this.#reading, signal);
  }

  async #refresh(): Promise<ServiceIndexAnswer> {
    const answer = await this.read();
    if (answer.kind === 'found') {
      this.#lastGood = answer;
      this.#usableUntilMs = this.clock.monotonicMs() + this.ttlMs;
    } else if (this.#lastGood !== undefined) {
      this.#usableUntilMs = this.clock.monotonicMs() + Math.min(holdOffMs, this.ttlMs);
    }
    return this.#lastGood ?? answer;
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = withReject();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function withReject(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => (reject = rejectPromise));
  return { promise, reject };
}
