import type { IncomingPackage, KeptIds, PackageContent, PackageRow, PackageStore } from '../../feed/store.js';
import { DamagedBlobError } from '../../feed/store.js';
import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { packageKey, packagesOf, under } from '../keys.js';
import { ArrivingPackage } from './arriving-package.js';
import type { Database } from './database.js';
import type { LevelRow } from './package-record.js';
import { decodeRow } from './package-record.js';
import type { Shelf } from './shelf.js';
import { StoredContent } from './stored-content.js';

/** Packages as chunks in a blob log, found through rows in the index. */
export class LevelPackages implements PackageStore {
  readonly #meta: Database<string>;
  readonly #shelf: Shelf;
  readonly #generation: number;

  constructor(meta: Database<string>, shelf: Shelf, generation: number) {
    this.#meta = meta;
    this.#shelf = shelf;
    this.#generation = generation;
  }

  find(identity: PackageIdentity): Promise<PackageRow | undefined> {
    return this.#shelf.find(identity);
  }

  async open(row: PackageRow): Promise<PackageContent> {
    const levelRow = row as LevelRow;
    if (levelRow.location.generation !== this.#generation)
      throw new DamagedBlobError(
        `${row.identity.key} lies in blob log ${levelRow.location.generation}, which is not here`,
      );
    return new StoredContent(levelRow, this.#shelf.chunks, this.#shelf.readers);
  }

  begin(): IncomingPackage {
    this.#shelf.assertOpen();
    return new ArrivingPackage(this.#shelf, this.#generation);
  }

  async *list(): AsyncGenerator<PackageRow> {
    for await (const [, row] of this.#meta.entries(under('package'))) yield decodeRow(row);
  }

  async versionsOf(id: PackageId): Promise<readonly PackageRow[]> {
    const rows: PackageRow[] = [];
    for await (const [, row] of this.#meta.entries(packagesOf(id))) rows.push(decodeRow(row));
    return rows;
  }

  get ids(): KeptIds {
    return this.#shelf.ids;
  }

  remove(identity: PackageIdentity): Promise<boolean> {
    return this.#shelf.changes.run(packageKey(identity), async () => {
      this.#shelf.assertOpen();
      const row = await this.#shelf.find(identity);
      if (row === undefined) return false;
      await this.#shelf.take(row);
      return true;
    });
  }
}
