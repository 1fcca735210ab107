import type { LevelRow } from './package-record.js';

/** Who is reading which stored copy, so that a copy that is being read is not taken from under its readers. */
export class Readers {
  /** By record. */
  readonly #reading = new Map<number, { readonly row: LevelRow; count: number }>();

  enter(row: LevelRow): void {
    const entry = this.#reading.get(row.location.record);
    if (entry === undefined) this.#reading.set(row.location.record, { row, count: 1 });
    else entry.count++;
  }

  leave({ location: { record } }: LevelRow): void {
    const entry = this.#reading.get(record);
    if (entry !== undefined && --entry.count === 0) this.#reading.delete(record);
  }

  isRead(record: number): boolean {
    return this.#reading.has(record);
  }

  /** Rows of the copies being read. */
  get rows(): readonly LevelRow[] {
    return [...this.#reading.values()].map(({ row }) => row);
  }
}
