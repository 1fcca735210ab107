import type { Failed, Found, Refused } from '../../feed/answer.js';
import type { Clock } from '../../ops/clock.js';
import type { ServiceIndex } from './service-index.js';

export type ServiceIndexAnswer = Found<ServiceIndex> | Refused | Failed;

/** How long a failed refresh is not repeated while an older index is at hand. */
const holdOffMs = 10_000;
/** How old an index may be whose source is believed to lack something, in milliseconds. */
const recentMs = 30_000;
/** How long what was heard in place of an index is not asked again for that purpose, in milliseconds. */
const doubtMs = 5_000;

/** One source's service index: read once for all who wait, kept for a while, and kept on when reading it anew fails. */
export class ServiceIndexMemo {
  #lastGood: Found<ServiceIndex> | undefined;
  #usableUntilMs = 0;
  /** What the source said last, good or not. */
  #heard: { readonly answer: ServiceIndexAnswer; readonly atMs: number } | undefined;
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
    const answer = await this.#readAnew(signal);
    return this.#lastGood ?? answer;
  }

  /**
   * What the source says in place of its index now, or said a moment ago: unlike `get`, no older index stands in for it.
   * @throws as `get`
   */
  async recent(signal?: AbortSignal): Promise<ServiceIndexAnswer> {
    signal?.throwIfAborted();
    const heard = this.#heard;
    const lastsMs = heard?.answer.kind === 'found' ? recentMs : doubtMs;
    if (heard !== undefined && this.clock.monotonicMs() - heard.atMs < lastsMs) return heard.answer;
    return this.#readAnew(signal);
  }

  #readAnew(signal: AbortSignal | undefined): Promise<ServiceIndexAnswer> {
    this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined));
    return orAborted(this.#reading, signal);
  }

  async #refresh(): Promise<ServiceIndexAnswer> {
    const answer = await this.read();
    this.#heard = { answer, atMs: this.clock.monotonicMs() };
    if (answer.kind === 'found') {
      this.#lastGood = answer;
      this.#usableUntilMs = this.clock.monotonicMs() + this.ttlMs;
    } else if (this.#lastGood !== undefined) {
      this.#usableUntilMs = this.clock.monotonicMs() + Math.min(holdOffMs, this.ttlMs);
    }
    return answer;
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
