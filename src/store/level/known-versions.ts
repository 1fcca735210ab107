import { LRUCache } from 'lru-cache';
import type { LevelRow } from './package-record.js';

/** Of all ids together: about 1 KiB each. */
const maxRows = 2000;

/**
 * The rows of ids that were asked for or came lately: all that the index has of an id, or nothing is known of it. A restore asks for the
 * rows of an id several times over, and most often there is just the one that was written a moment ago.
 */
export class KnownVersions {
  readonly #rows = new LRUCache<string, readonly LevelRow[]>({
    maxSize: maxRows,
    sizeCalculation: ({ length }) => Math.max(1, length),
  });
  /** What a failed write left in the index is not counted. */
  #isCountSure = true;

  /** @param id its key */
  of(id: string): readonly LevelRow[] | undefined {
    return this.#rows.get(id);
  }

  /** All rows of an id, as they were read while nothing changed. */
  learn(id: string, rows: readonly LevelRow[]): void {
    this.#rows.set(id, rows);
  }

  /**
   * A row is in the index from now on, in the place of the one there was of its identity.
   * @param isFirst no other row of its id was counted
   */
  came(row: LevelRow, isFirst: boolean): void {
    const id = row.identity.id.key;
    const rows = this.#rows.get(id) ?? (isFirst && this.#isCountSure ? [] : undefined);
    if (rows !== undefined) this.#rows.set(id, [...without(rows, row), row]);
  }

  /** The row of its identity is not in the index any more. */
  went(row: LevelRow): void {
    const id = row.identity.id.key;
    const rows = this.#rows.get(id);
    if (rows !== undefined) this.#rows.set(id, without(rows, row));
  }

  /** A write failed: what the index has of the id now, only the index can tell. */
  doubt(id: string): void {
    this.#isCountSure = false;
    this.#rows.delete(id);
  }
}

const without = (rows: readonly LevelRow[], { identity }: LevelRow): LevelRow[] =>
  rows.filter((row) => row.identity.key !== identity.key);
