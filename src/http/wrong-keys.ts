import { LRUCache } from 'lru-cache';

import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';

const quietMs = 60_000;
const maxAddresses = 1000;

/** Tells the log of keys that are none of ours: once for each address and minute, so that who guesses cannot fill the disk. */
export class WrongKeys {
  readonly #toldAtMs = new LRUCache<string, number>({ max: maxAddresses });

  constructor(
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  /** @param remote the address at the other end of the connection */
  tell(remote: string): void {
    const nowMs = this.clock.now();
    const toldAtMs = this.#toldAtMs.get(remote);
    if (toldAtMs !== undefined && nowMs - toldAtMs < quietMs) return;
    this.#toldAtMs.set(remote, nowMs);
    this.log.warn({ remote }, 'a request came with a key that is none of ours');
  }
}
