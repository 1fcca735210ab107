import type { Logger } from '../ops/log.js';

/**
 * Whether the store takes what is to be kept. While it does not, what is kept goes on being served and the rest is passed on without being
 * kept. The log is told once when it begins and once when it is over.
 */
export class StoreTrouble {
  #reason: string | undefined;

  constructor(private readonly log: Logger) {}

  /** Why the store takes nothing; `undefined` while it does. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** The store could not take something. */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#reason === undefined)
      this.log.error(
        { err: error },
        'the store fails: what can be read of it is served, everything else is passed on without being kept',
      );
    this.#reason = reason;
  }

  /** The store took something. */
  worked(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.log.info('the store works again');
  }
}
