import type { KeptIds, PackageRow } from '../feed/store.js';
import { SortedIds } from './kept-ids.js';

/** Running totals over the packages kept, and their ids. */
export class PackageCount {
  readonly #ids = new SortedIds();
  #versions = 0;
  #bytes = 0;
  #pins = 0;

  add(row: PackageRow): void {
    this.addOf(row.identity.id.key, row);
  }

  /** As `add`, for who knows no more than this of the row. @param id lower case */
  addOf(id: string, { source, size }: Pick<PackageRow, 'source' | 'size'>): void {
    this.#ids.add(id, source);
    this.#versions++;
    this.#bytes += size;
  }

  subtract(row: PackageRow): void {
    this.#ids.subtract(row.identity.id.key, row.source);
    this.#versions--;
    this.#bytes -= row.size;
  }

  /** A package is not kept any more, but pinned. */
  pin(count = 1): void {
    this.#pins += count;
  }

  unpin(): void {
    this.#pins--;
  }

  /** Whether a package of the id (lower case) is kept. */
  hasId(id: string): boolean {
    return this.#ids.has(id);
  }

  get hasPins(): boolean {
    return this.#pins > 0;
  }

  get ids(): KeptIds {
    return this.#ids;
  }

  get totals(): {
    readonly packages: number;
    readonly versions: number;
    readonly bytes: number;
    readonly pins: number;
  } {
    return { packages: this.#ids.count, versions: this.#versions, bytes: this.#bytes, pins: this.#pins };
  }
}
