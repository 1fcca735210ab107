import type { Reason } from '../../feed/answer.js';

/** What is known of the source beyond one exchange, and what an exchange has to say on that. */
export interface Standing {
  /** Requests that wait for a free connection; kept up to date here. */
  waiting: number;
  /** Whether asking a second time may help. */
  mayRetry(): boolean;
  /** Why the source is not asked at all just now. */
  away(): Reason | undefined;
  /** How long it wants to be left alone, in milliseconds. */
  pausedMs(): number;
  /** It asked to be asked less. @param retryAfterMs as it said */
  throttled(retryAfterMs: number | undefined): void;
}

/** Of a source of which nothing is known. */
export function goodStanding(): Standing {
  return {
    waiting: 0,
    mayRetry: () => true,
    away: () => undefined,
    pausedMs: () => 0,
    throttled: () => undefined,
  };
}
