import type { PackageIdentity } from '../../nuget/package-identity.js';
import type { LevelRow } from './package-record.js';

/** Which packages are being read, so that none is taken from under its readers, in whatever copy they began. */
export class Readers {
  /** By key of the identity. */
  readonly #reading = new Map<string, { readonly row: LevelRow; count: number }>();

  enter(row: LevelRow): void {
    const entry = this.#reading.get(row.identity.key);
    if (entry === undefined) this.#reading.set(row.identity.key, { row, count: 1 });
    else entry.count++;
  }

  leave({ identity: { key } }: LevelRow): void {
    const entry = this.#reading.get(key);
    if (entry !== undefined && --entry.count === 0) this.#reading.delete(key);
  }

  isRead({ key }: PackageIdentity): boolean {
    return this.#reading.has(key);
  }

  /** The copies in which the readings began that are still going on. */
  get rows(): readonly LevelRow[] {
    return [...this.#reading.values()].map(({ row }) => row);
  }
}
