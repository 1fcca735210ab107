import type { PackageRow } from '../feed/store.js';

/** Running totals over the packages kept. */
export class PackageCount {
  readonly #versionsById = new Map<string, number>();
  #versions = 0;
  #bytes = 0;

  add(row: PackageRow): void {
    const id = row.identity.id.key;
    this.#versionsById.set(id, (this.#versionsById.get(id) ?? 0) + 1);
    this.#versions++;
    this.#bytes += row.size;
  }

  subtract(row: PackageRow): void {
    const id = row.identity.id.key;
    const left = (this.#versionsById.get(id) ?? 0) - 1;
    if (left > 0) this.#versionsById.set(id, left);
    else this.#versionsById.delete(id);
    this.#versions--;
    this.#bytes -= row.size;
  }

  get totals(): { readonly packages: number; readonly versions: number; readonly bytes: number } {
    return { packages: this.#versionsById.size, versions: this.#versions, bytes: this.#bytes };
  }
}
