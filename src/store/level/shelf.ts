import { LRUCache } from 'lru-cache';
import type { KeptIds } from '../../feed/store.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { checkpointKey, chunkKey, doomedKey, packageKey, recordKey } from '../keys.js';
import type { PackageCount } from '../package-count.js';
import { SerialByKey } from '../serial-by-key.js';
import type { Arrival } from './arriving.js';
import { Arriving } from './arriving.js';
import type { BlobLog } from './blob-log.js';
import { encodeNumber } from './counters.js';
import type { Database, Write } from './database.js';
import type { LevelRow } from './package-record.js';
import { decodeRow, encodeRow, fromRuns } from './package-record.js';
import { Readers } from './readers.js';
import type { SharedChunks } from './shared-chunks.js';

const maxRecentRows = 2000;

/** The index of packages over the blob log: rows come and go here, each in one step. */
export class Shelf {
  readonly arriving = new Arriving();
  readonly readers = new Readers();
  /** One change at a time per package. */
  readonly changes = new SerialByKey();
  readonly #meta: Database<string>;
  readonly #count: PackageCount;
  readonly #recentRows = new LRUCache<string, LevelRow>({ max: maxRecentRows });
  #changeCount = 0;
  #isClosed = false;

  constructor(
    meta: Database<string>,
    readonly log: BlobLog,
    readonly chunks: SharedChunks,
    count: PackageCount,
  ) {
    this.#meta = meta;
    this.#count = count;
  }

  get ids(): KeptIds {
    return this.#count.ids;
  }

  async find(identity: PackageIdentity): Promise<LevelRow | undefined> {
    this.assertOpen();
    const key = packageKey(identity);
    const recent = this.#recentRows.get(key);
    if (recent !== undefined) return recent;
    const changesBefore = this.#changeCount;
    const stored = await this.#meta.get(key);
    if (stored === undefined) return undefined;
    const row = decodeRow(stored);
    // What was read while the index changed may be a row that has just been taken away.
    if (this.#changeCount === changesBefore) this.#recentRows.set(key, row);
    return row;
  }

  /** Makes visible a package whose record is durable. Not synced: what is lost here, the next opening finds in the log. */
  async place(row: LevelRow, arrival: Arrival): Promise<void> {
    const checkpoint = this.arriving.checkpoint(this.log.nextCounter, arrival);
    await this.#meta.batch([
      { type: 'put', key: packageKey(row.identity), value: encodeRow(row) },
      { type: 'put', key: checkpointKey, value: encodeNumber(checkpoint) },
    ]);
    this.#changeCount++;
    this.#recentRows.set(packageKey(row.identity), row);
    this.arriving.delete(arrival);
    this.#count.add(row);
  }

  /** Makes a package invisible, then deletes its bytes: now, or when the last reader has left, or at the next opening. */
  async take(row: LevelRow): Promise<void> {
    const { record } = row.location;
    // Synced: the index must not bring back, after a loss of power, a row whose bytes are gone.
    await this.#meta.batch(
      [
        { type: 'del', key: packageKey(row.identity) },
        { type: 'put', key: doomedKey(record), value: encodeRow(row) },
      ],
      true,
    );
    this.#changeCount++;
    this.#recentRows.delete(packageKey(row.identity));
    this.#count.subtract(row);
    if (!this.readers.isRead(record)) return this.#deleteBytes(row);
    this.readers.whenLeft(record, () => {
      // When this fails the mark in the index stays, and the next opening deletes the bytes.
      if (!this.#isClosed) this.changes.run(`doomed ${record}`, () => this.#deleteBytes(row)).catch(() => undefined);
    });
  }

  assertOpen(): void {
    if (this.#isClosed) throw new Error('the store is closed');
  }

  /** Ends what is going on and lets nothing new begin. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.arriving.abortAll();
    await this.changes.idle();
    await this.log.idle();
  }

  async #deleteBytes(row: LevelRow): Promise<void> {
    await this.log.write(deletionOf(row), true);
    await this.#meta.batch([{ type: 'del', key: doomedKey(row.location.record) }]);
  }
}

/** Everything of a package that is in the blob log. */
export function deletionOf(row: LevelRow): Write<Buffer>[] {
  const keys = [recordKey(row.location.record), ...fromRuns(row.location.runs).map(chunkKey)];
  return keys.map((key) => ({ type: 'del', key }));
}
