import type { PackageRow } from '../../feed/store.js';
import type { Generation } from './generation.js';
import type { LevelRow } from './package-record.js';
import type { Shelf } from './shelf.js';

/** Part of a generation's living bytes that stays because it was used, on average; what is left over makes room. */
const usedShare = 0.4;
/** The same for any one generation, when others before it left some of their share. */
const maxUsedShare = 0.8;

/** Bytes that may stay because they were used. Survivors lie together afterwards, so some generations need more than others. */
export class UsedAllowance {
  #savedBytes = 0;

  of({ liveBytes }: Generation): number {
    return Math.min(maxUsedShare * liveBytes, usedShare * liveBytes + this.#savedBytes);
  }

  /** A generation went, of which `keptBytes` stayed because they were used. */
  spend({ liveBytes, bytes }: Pick<Generation, 'liveBytes' | 'bytes'>, keptBytes: number): void {
    this.#savedBytes = Math.max(0, Math.min(bytes, this.#savedBytes + usedShare * liveBytes - keptBytes));
  }
}

export type Fate = 'used' | 'irreplaceable' | 'stays' | 'evicted';
export type IsReplaceable = (row: PackageRow) => Promise<boolean>;

/** Which packages of a generation outlive it: those being read, the latest used, and those that no source can give back. */
export class Survivors {
  readonly #shelf: Shelf;
  readonly #generation: Generation;
  readonly #isReplaceable: IsReplaceable | undefined;
  readonly #used: ReadonlySet<number>;

  /** Without `isReplaceable` every package stays. */
  constructor(shelf: Shelf, generation: Generation, isReplaceable: IsReplaceable | undefined, usedBytes: number) {
    this.#shelf = shelf;
    this.#generation = generation;
    this.#isReplaceable = isReplaceable;
    this.#used = shelf.used.latest(generation, usedBytes);
  }

  async fateOf(row: LevelRow): Promise<Fate> {
    const { record } = row.location;
    const { used, readers, retained } = this.#shelf;
    if (this.#isReplaceable === undefined) return 'stays';
    const isUsed = this.#generation.holds(record) ? this.#used.has(record) : used.has(record);
    if (isUsed || readers.isRead(row.identity)) return 'used';
    if (await this.#isReplaceable(row)) {
      retained.delete(row.identity.key);
      return 'evicted';
    }
    retained.set(row.identity.key, row.size);
    return 'irreplaceable';
  }
}
