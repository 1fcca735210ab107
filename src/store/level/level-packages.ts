import type {
  IncomingPackage,
  KeptIds,
  PackageContent,
  PackageRow,
  PackageStore,
  Pin,
  PinnedPackage,
} from '../../feed/store.js';
import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { packageKey, pinsOf, under } from '../keys.js';
import { ArrivingPackage } from './arriving-package.js';
import type { Database } from './database.js';
import type { Generations } from './generations.js';
import type { LevelRow } from './package-record.js';
import { decodeRow } from './package-record.js';
import { decodePin } from './pin-row.js';
import type { Room } from './room.js';
import type { Shelf } from './shelf.js';
import { StoredContent } from './stored-content.js';

export interface LevelPackagesParts {
  readonly meta: Database<string>;
  readonly shelf: Shelf;
  readonly generations: Generations;
  readonly room: Room;
  /** Packages were removed: there may be something to free now. */
  readonly onRemoved: () => void;
}

/** Packages as chunks in a blob log, found through rows in the index. */
export class LevelPackages implements PackageStore {
  readonly #parts: LevelPackagesParts;

  constructor(parts: LevelPackagesParts) {
    this.#parts = parts;
  }

  find(identity: PackageIdentity): Promise<PackageRow | undefined> {
    return this.#parts.shelf.find(identity);
  }

  async open(row: PackageRow, purpose: 'serve' | 'inspect' = 'serve'): Promise<PackageContent> {
    const { shelf, generations } = this.#parts;
    return new StoredContent(row as LevelRow, shelf, generations, purpose === 'serve');
  }

  isCurrent(row: PackageRow): boolean {
    const { shelf } = this.#parts;
    const current = shelf.known(row.identity);
    if (current?.location.record !== (row as LevelRow).location.record || current.source !== row.source) return false;
    shelf.used.mark(current.location.record, current.size);
    return true;
  }

  begin(): IncomingPackage {
    const { shelf, room } = this.#parts;
    shelf.assertOpen();
    room.assertRoom();
    return new ArrivingPackage(shelf, room);
  }

  async *list(): AsyncGenerator<PackageRow> {
    for await (const [, row] of this.#parts.meta.entries(under('package'))) yield decodeRow(row);
  }

  versionsOf(id: PackageId): Promise<readonly PackageRow[]> {
    return this.#parts.shelf.versionsOf(id);
  }

  get ids(): KeptIds {
    return this.#parts.shelf.ids;
  }

  pinOf(identity: PackageIdentity): Promise<Pin | undefined> {
    return this.#parts.shelf.pinOf(identity);
  }

  async *pins(id?: PackageId): AsyncGenerator<PinnedPackage> {
    if (!this.#parts.shelf.hasPins) return;
    const range = id === undefined ? under('pin') : pinsOf(id);
    for await (const [, pin] of this.#parts.meta.entries(range)) yield decodePin(pin);
  }

  remove(identity: PackageIdentity): Promise<boolean> {
    return this.#take(identity, true);
  }

  purge(identity: PackageIdentity): Promise<boolean> {
    return this.#take(identity, false);
  }

  async #take(identity: PackageIdentity, keepsPin: boolean): Promise<boolean> {
    const { shelf, onRemoved } = this.#parts;
    const wasThere = await shelf.changes.run(packageKey(identity), () => {
      shelf.assertOpen();
      return shelf.take(identity, keepsPin);
    });
    if (wasThere) onRemoved();
    return wasThere;
  }
}
