import type { Clock } from '../../ops/clock.js';
import { backoffMs } from '../../ops/backoff.js';
import type { Standing } from './standing.js';

/** What may be other a moment later. All that is asked here are GETs, so asking again is safe. */
export type Mishap =
  /** The connection ended before an answer. */
  | 'lost'
  /** 502, 503 or 504: something on the way to the source was not there. */
  | 'gateway'
  /** 429, or 503 with `Retry-After`. */
  | 'throttled'
  /** A document broke off. */
  | 'cut';

const maxRetries = 2;
const pauses = { firstMs: 200, longestMs: 1_000 };
/** A pause that the source asked for is sat out here when it is no longer than this, in milliseconds. */
const longestPauseMs = 2_000;
/** Many who were told the same moment come one after the other, within so many milliseconds. */
const spreadMs = 250;

export const isGatewayStatus = (status: number) => status === 502 || status === 503 || status === 504;

/** The second tries of one question. */
export class Retries {
  #made = 0;
  readonly #beganAtMs: number;

  /** @param withinMs no second try begins later than this after the first */
  constructor(
    private readonly clock: Clock,
    private readonly standing: Standing,
    private readonly withinMs: number,
  ) {
    this.#beganAtMs = clock.monotonicMs();
  }

  /** Whether to ask again at once, over another connection. */
  atOnce(): boolean {
    if (this.#made >= maxRetries) return false;
    this.#made++;
    return true;
  }

  /**
   * Whether to ask again, told when it is time to.
   * @param wishMs how long the source wants not to be asked
   * @throws the signal's reason when it is aborted meanwhile
   */
  async again(mishap: Mishap, signal: AbortSignal | undefined, wishMs = 0): Promise<boolean> {
    if (this.#made >= maxRetries || !this.standing.mayRetry()) return false;
    const pauseMs = mishap === 'throttled' ? Math.max(wishMs, this.standing.pausedMs()) : 0;
    if (pauseMs > longestPauseMs) return false;
    const waitMs = mishap === 'throttled' ? pauseMs + Math.random() * spreadMs : backoffMs(this.#made, pauses);
    if (this.clock.monotonicMs() - this.#beganAtMs + waitMs > this.withinMs) return false;
    this.#made++;
    await this.clock.sleep(waitMs, signal);
    return this.standing.mayRetry();
  }
}
