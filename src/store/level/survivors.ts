import type { PackageRow } from '../../feed/store.js';
import type { Generation } from './generation.js';
import type { LevelRow } from './package-record.js';
import type { Shelf } from './shelf.js';

/** Part of a generation's living bytes that stays because it was used; what is left over makes room. */
const usedShare = 0.4;

export type Fate = 'stays' | 'irreplaceable' | 'evicted';
export type IsReplaceable = (row: PackageRow) => Promise<boolean>;

/** Which packages of a generation outlive it: those being read, the latest used, and those that no source can give back. */
export class Survivors {
  readonly #shelf: Shelf;
  readonly #generation: Generation;
  readonly #isReplaceable: IsReplaceable | undefined;
  readonly #used: ReadonlySet<number>;

  /** Without `isReplaceable` every package stays. */
  constructor(shelf: Shelf, generation: Generation, isReplaceable: IsReplaceable | undefined) {
    this.#shelf = shelf;
    this.#generation = generation;
    this.#isReplaceable = isReplaceable;
    this.#used = shelf.used.latest(generation, usedShare * generation.liveBytes);
  }

  async fateOf(row: LevelRow): Promise<Fate> {
    const { record } = row.location;
    const { used, readers, retained } = this.#shelf;
    if (this.#isReplaceable === undefined) return 'stays';
    const isUsed = this.#generation.holds(record) ? this.#used.has(record) : used.has(record);
    if (isUsed || readers.isRead(record)) return 'stays';
    if (await this.#isReplaceable(row)) {
      retained.delete(row.identity.key);
      return 'evicted';
    }
    retained.set(row.identity.key, row.size);
    return 'irreplaceable';
  }
}
