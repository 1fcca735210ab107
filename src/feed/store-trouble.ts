import type { Logger } from '../ops/log.js';
import { StoreFullError } from './store.js';
import type { StoreHealth } from './store.js';

/**
 * Whether the store takes what is to be kept. While it does not, what is kept goes on being served and the rest is passed on without being
 * kept. The log is told once when it begins and once when it is over.
 */
export class StoreTrouble {
  #reason: string | undefined;
  #isOfDisk = false;

  /** @param health of the store: asking it also makes it look whether its disk is well again */
  constructor(
    private readonly log: Logger,
    private readonly health: () => StoreHealth,
  ) {}

  /** Why the store takes nothing; `undefined` while it does. */
  get reason(): string | undefined {
    const { state, reason } = this.health();
    if (state === 'degraded') return reason ?? 'its disk does not take what is written';
    if (this.#isOfDisk) this.worked();
    return this.#reason;
  }

  /** The store could not take something. */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const what = error instanceof StoreFullError ? 'is full' : 'fails';
    if (this.#reason === undefined)
      this.log.error(
        { err: error },
        `the store ${what}: what can be read of it is served, everything else is passed on without being kept`,
      );
    this.#reason = reason;
    this.#isOfDisk = this.health().state === 'degraded';
  }

  /** The store took something. */
  worked(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#isOfDisk = false;
    this.log.info('the store works again');
  }
}
