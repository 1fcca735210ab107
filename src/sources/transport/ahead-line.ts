import type { Urgency } from '../../feed/source.js';
import type { Exchange } from './exchange.js';

interface Waiter {
  readonly carries: Exchange['carries'];
  readonly enter: (giveBack: () => void) => void;
}

/** What was a guess is not wanted any more. */
export class GivenUpError extends Error {
  override readonly name = 'GivenUpError';
}

/** Guesses that wait for a place that nobody else needs, in order of coming. */
export class AheadLine {
  readonly #waiting = new Set<Waiter>();

  /**
   * Resolves when it was let in, or when it is no guess any more and has to stand in the other line.
   * @returns gives its place among guesses back; `undefined` when it is no guess any more
   * @throws GivenUpError; the signal's reason when it is aborted first
   */
  wait(
    carries: Waiter['carries'],
    urgency: Urgency,
    signal: AbortSignal | undefined,
  ): Promise<(() => void) | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter);
        forget();
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason as Error);
      };
      const forget = urgency.onChange(() => {
        if (urgency.isAhead && !urgency.isGivenUp) return;
        leave();
        if (urgency.isGivenUp) reject(new GivenUpError('is not wanted any more'));
        else resolve(undefined);
      });
      const waiter: Waiter = {
        carries,
        enter: (giveBack) => {
          leave();
          resolve(giveBack);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Lets in whoever may, in order. @param take takes a place, where there is one, and returns what gives it back */
  admit(take: (carries: Waiter['carries']) => (() => void) | undefined): void {
    for (const waiter of this.#waiting) {
      const giveBack = take(waiter.carries);
      if (giveBack) waiter.enter(giveBack);
    }
  }
}
