import { isDeepStrictEqual } from 'node:util';

import { LRUCache } from 'lru-cache';

import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { Coalesce } from './coalesce.js';
import { MovedBlobError } from './store.js';
import type { PackageRow, PackageStore } from './store.js';

/** A kept copy that proved damaged. */
export interface Damage {
  /** The source that had supplied it. */
  readonly source: string;
  readonly sha512: string;
  readonly atMs: number;
  /** When a good copy came in its place. */
  readonly healedAtMs?: number;
}

export interface DamagedCopiesOptions {
  readonly store: PackageStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** A copy was forgotten. */
  readonly onForgotten?: (row: PackageRow) => void;
}

const maxRemembered = 1_000;

/** Copies that proved damaged when they were read. They are forgotten at once, so that the next request fetches good bytes. */
export class DamagedCopies {
  readonly #damages = new LRUCache<string, Damage>({ max: maxRemembered });
  readonly #forgetting = new Coalesce<boolean>();

  constructor(private readonly options: DamagedCopiesOptions) {}

  /**
   * Forgets a copy, and says so in the log once, however many readers meet the damage. A copy that came in its place meanwhile stays.
   * @returns whether it was there to be forgotten
   */
  forget(row: PackageRow, error: Error): Promise<boolean> {
    return this.#forgetting.run(row.identity.key, () => this.#forget(row, error));
  }

  /** The damage that a copy of the package last had. */
  of(identity: PackageIdentity): Damage | undefined {
    return this.#damages.peek(identity.key);
  }

  /** A good copy is kept now. */
  heal(identity: PackageIdentity): void {
    const damage = this.#damages.peek(identity.key);
    if (damage && damage.healedAtMs === undefined)
      this.#damages.set(identity.key, { ...damage, healedAtMs: this.options.clock.now() });
  }

  async #forget(row: PackageRow, error: Error): Promise<boolean> {
    // It is whole, elsewhere or no more.
    if (error instanceof MovedBlobError) return false;
    const { store, clock, log, onForgotten } = this.options;
    const { identity, source, sha512 } = row;
    const kept = await store.find(identity);
    if (!kept || !isDeepStrictEqual(kept.location, row.location) || !(await store.remove(identity))) return false;
    this.#damages.set(identity.key, { source, sha512, atMs: clock.now() });
    log.error(
      { id: identity.id.text, version: identity.version.normalized, source, err: error },
      'a kept package is damaged: it is forgotten and will be fetched again',
    );
    onForgotten?.(row);
    return true;
  }
}
