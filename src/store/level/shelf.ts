import { LRUCache } from 'lru-cache';
import { UnreadableError } from '../../feed/store.js';
import type { KeptIds, Pin } from '../../feed/store.js';
import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { checkpointKey, packageKey, packagesOf, pinKey, holdKey } from '../keys.js';
import type { PackageCount } from '../package-count.js';
import { SerialByKey } from '../serial-by-key.js';
import type { Arrival } from './arriving.js';
import { Arriving, passing } from './arriving.js';
import type { BlobLog } from './blob-log.js';
import { encodeNumber } from './counters.js';
import type { Database, Write } from './database.js';
import type { Generations } from './generations.js';
import { KnownVersions } from './known-versions.js';
import type { LevelRow } from './package-record.js';
import { decodeRow, encodeRow } from './package-record.js';
import { decodePin, encodePin } from './pin-row.js';
import { Readers } from './readers.js';
import type { Removal } from './removal.js';
import { removalWrite, toldWrite } from './removal.js';
import type { SharedChunks } from './shared-chunks.js';
import type { UsedPackages } from './used-packages.js';

const maxRecentRows = 2000;

export interface ShelfParts {
  readonly meta: Database<string>;
  readonly log: BlobLog;
  readonly generations: Generations;
  readonly chunks: SharedChunks;
  readonly count: PackageCount;
  readonly used: UsedPackages;
}

/** The index of packages over the blob log: rows come and go here, each in one step. */
export class Shelf {
  readonly arriving = new Arriving();
  readonly readers = new Readers();
  /** One change at a time per package. */
  readonly changes = new SerialByKey();
  /** Bytes of packages that were to be evicted and stay because no source can give them back, by key of the identity. */
  readonly retained = new Map<string, number>();
  readonly log: BlobLog;
  readonly chunks: SharedChunks;
  readonly used: UsedPackages;
  readonly #meta: Database<string>;
  readonly #generations: Generations;
  readonly #count: PackageCount;
  readonly #recentRows = new LRUCache<string, LevelRow>({ max: maxRecentRows });
  readonly #versions = new KnownVersions();
  #changeCount = 0;
  /** Pins that are being written and do not count yet. */
  #comingPins = 0;
  #isClosed = false;

  constructor({ meta, log, generations, chunks, count, used }: ShelfParts) {
    this.log = log;
    this.chunks = chunks;
    this.used = used;
    this.#meta = meta;
    this.#generations = generations;
    this.#count = count;
  }

  get ids(): KeptIds {
    return this.#count.ids;
  }

  /** Whether the index has rows of an id: all were counted when it was opened, and what was not there then need not be looked for. */
  hasId(id: PackageId): boolean {
    return this.#count.hasId(id.key);
  }

  /** Whether the index has pins of packages that are not kept. */
  get hasPins(): boolean {
    return this.#count.hasPins || this.#comingPins > 0;
  }

  async find(identity: PackageIdentity): Promise<LevelRow | undefined> {
    this.assertOpen();
    if (!this.hasId(identity.id)) return undefined;
    const key = packageKey(identity);
    const recent = this.#recentRows.get(key);
    if (recent !== undefined) return recent;
    const changesBefore = this.#changeCount;
    const row = await this.#read(key, decodeRow);
    if (row === undefined) return undefined;
    // What was read while the index changed may be a row that has just been taken away.
    if (this.#changeCount === changesBefore) this.#recentRows.set(key, row);
    return row;
  }

  /** The row as far as memory has it, without waiting. */
  known(identity: PackageIdentity): LevelRow | undefined {
    return this.#isClosed ? undefined : this.#recentRows.get(packageKey(identity));
  }

  /** The rows of an id. */
  async versionsOf(id: PackageId): Promise<readonly LevelRow[]> {
    this.assertOpen();
    if (!this.hasId(id)) return [];
    const known = this.#versions.of(id.key);
    if (known !== undefined) return known;
    const changesBefore = this.#changeCount;
    const rows: LevelRow[] = [];
    for await (const [, row] of this.#meta.entries(packagesOf(id))) rows.push(decodeRow(row));
    if (this.#changeCount === changesBefore) this.#versions.learn(id.key, rows);
    return rows;
  }

  async pinOf(identity: PackageIdentity): Promise<Pin | undefined> {
    const { source, sha512 } = (await this.find(identity)) ?? (await this.#pinRow(identity)) ?? {};
    return source === undefined || sha512 === undefined ? undefined : { source, sha512 };
  }

  /** Of a package that is not kept. */
  async #pinRow(identity: PackageIdentity) {
    return this.hasPins ? this.#read(pinKey(identity), decodePin) : undefined;
  }

  /** A damaged row says nothing, not even that there is none: who took other bytes for the package would break its pin. */
  async #read<T>(key: string, decode: (stored: Buffer) => T): Promise<T | undefined> {
    try {
      const stored = await this.#meta.get(key);
      return stored && decode(stored);
    } catch (error) {
      if (error instanceof UnreadableError) throw error;
      this.assertOpen();
      throw new UnreadableError('the store cannot read: the index of packages is damaged there', { cause: error });
    }
  }

  /**
   * Makes visible a package whose record is durable, in place of the copy `old` or of its pin. Not synced: what is lost here, the next
   * opening finds in the log.
   */
  async place(row: LevelRow, arrival: Arrival, old?: LevelRow): Promise<void> {
    const checkpoint = this.arriving.checkpoint(this.log.nextCounter, arrival);
    const wasPinned = old === undefined && (await this.#pinRow(row.identity)) !== undefined;
    await this.#write(row.identity, [
      ...(old === undefined ? [] : holdWrites(this.#generations, old, 'del')),
      { type: 'put', key: packageKey(row.identity), value: encodeRow(row) },
      ...holdWrites(this.#generations, row, 'put'),
      ...(wasPinned ? [{ type: 'del' as const, key: pinKey(row.identity) }] : []),
      { type: 'put', key: checkpointKey, value: encodeNumber(checkpoint) },
    ]);
    this.#changed(row.identity);
    this.#recentRows.set(packageKey(row.identity), row);
    this.#versions.came(row, !this.hasId(row.identity.id));
    if (old !== undefined) this.#subtract(old);
    this.#count.add(row);
    if (wasPinned) this.#count.unpin();
    this.#generations.count(row, 1);
  }

  /** Makes a package invisible for good and says so in the log; its pin stays, or not. @returns whether there was anything */
  async take(identity: PackageIdentity, keepsPin: boolean): Promise<boolean> {
    const row = await this.find(identity);
    const pin = row === undefined ? await this.#pinRow(identity) : undefined;
    if (row === undefined && (keepsPin || pin === undefined)) return false;
    // First in the log: after a crash in between, the next opening ends what was begun here.
    const counter = this.log.takeCounter();
    const arrival = passing(counter);
    this.arriving.add(arrival);
    this.#comingPins++;
    try {
      const removal: Removal = { package: identity.key, before: counter };
      await this.log.write([removalWrite(counter, removal)], true);
      const writes: Write<string>[] = [toldWrite(counter, removal)];
      writes.push(keepsPin && row ? pinWrite(row) : { type: 'del', key: pinKey(identity) });
      if (row !== undefined) writes.push(...this.#removal(row));
      await this.#write(identity, writes, true);
      if (row !== undefined) this.#forget(row);
      if (row !== undefined && keepsPin) this.#count.pin();
      if (pin !== undefined) this.#count.unpin();
    } finally {
      this.#comingPins--;
      this.arriving.delete(arrival);
    }
    this.#changed(identity);
    return true;
  }

  /** Leaves only the pin of a package whose generation is about to go. Neither synced nor told in the log: that ends with the generation. */
  async evict(row: LevelRow): Promise<void> {
    this.#comingPins++;
    try {
      await this.#write(row.identity, [pinWrite(row), ...this.#removal(row)]);
      this.#forget(row);
      this.#count.pin();
    } finally {
      this.#comingPins--;
    }
    this.#changed(row.identity);
  }

  /** One record does not count, whatever the index will say. */
  async disown(row: LevelRow): Promise<void> {
    await this.tell({ package: row.identity.key, before: 0, record: row.location.record });
  }

  /** Says in the log, and in the index, what does not count any more. */
  async tell(removal: Removal): Promise<void> {
    const counter = this.log.takeCounter();
    const arrival = passing(counter);
    this.arriving.add(arrival);
    try {
      await this.log.write([removalWrite(counter, removal)], true);
      await this.#meta.batch([toldWrite(counter, removal)]);
    } finally {
      this.arriving.delete(arrival);
    }
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

  #changed(identity: PackageIdentity): void {
    this.#changeCount++;
    this.#recentRows.delete(packageKey(identity));
  }

  /** What is known of the package is what the index has: where a write failed, only the index can tell. */
  async #write(identity: PackageIdentity, writes: Write<string>[], sync = false): Promise<void> {
    try {
      await this.#meta.batch(writes, sync);
    } catch (error) {
      this.#changed(identity);
      this.#versions.doubt(identity.id.key);
      throw error;
    }
  }

  #forget(row: LevelRow): void {
    this.#subtract(row);
    this.#versions.went(row);
    this.retained.delete(row.identity.key);
  }

  #subtract(row: LevelRow): void {
    this.#count.subtract(row);
    this.#generations.count(row, -1);
    this.used.unmark(row.location.record);
  }

  #removal(row: LevelRow): Write<string>[] {
    return [{ type: 'del', key: packageKey(row.identity) }, ...holdWrites(this.#generations, row, 'del')];
  }
}

/** The rows by which each generation with bytes of the package knows of it. */
export function holdWrites(generations: Generations, row: LevelRow, type: 'put' | 'del'): Write<string>[] {
  return [...generations.under(row)].map(({ number }) => {
    const key = holdKey(number, row.location.record);
    return type === 'put' ? { type, key, value: Buffer.from(row.identity.key) } : { type, key };
  });
}

export function pinWrite(row: LevelRow): Write<string> {
  return { type: 'put', key: pinKey(row.identity), value: encodePin(row) };
}
