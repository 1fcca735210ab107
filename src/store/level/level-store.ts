import type { Store, StoreStats } from '../../feed/store.js';
import { checkpointKey, reservedKey, under } from '../keys.js';
import { PackageCount } from '../package-count.js';
import { BlobLog } from './blob-log.js';
import { encodeNumber } from './counters.js';
import type { Database } from './database.js';
import { LevelFacts } from './level-facts.js';
import { LevelPackages } from './level-packages.js';
import { removeOwner, writeOwner } from './owner.js';
import { decodeRow } from './package-record.js';
import { SharedChunks } from './shared-chunks.js';
import { Shelf } from './shelf.js';
import { directoryBytes } from './store-directory.js';

const diskBytesTtlMs = 5_000;

/** The databases, opened and brought together. */
export interface OpenedDatabases {
  readonly path: string;
  readonly meta: Database<string>;
  readonly blobs: Database<Buffer>;
  readonly generation: number;
  readonly nextCounter: number;
  readonly chunkCacheBytes: number;
  readonly now: () => number;
}

export class LevelStore implements Store {
  readonly facts: LevelFacts;
  readonly packages: LevelPackages;
  readonly #opened: OpenedDatabases;
  readonly #count: PackageCount;
  readonly #shelf: Shelf;
  readonly #log: BlobLog;
  readonly #startedAtMs: number;
  #diskBytes: { readonly bytes: Promise<number>; readonly atMs: number } | undefined;
  #closing: Promise<void> | undefined;

  private constructor(opened: OpenedDatabases, count: PackageCount) {
    const { meta, blobs, generation, nextCounter, chunkCacheBytes } = opened;
    this.#opened = opened;
    this.#count = count;
    this.#startedAtMs = opened.now();
    this.#log = new BlobLog(blobs, nextCounter, (until) =>
      meta.batch([{ type: 'put', key: reservedKey, value: encodeNumber(until) }], true),
    );
    const chunks = new SharedChunks(chunkCacheBytes, (counter) => this.#log.readChunk(counter));
    this.#shelf = new Shelf(meta, this.#log, chunks, count);
    this.facts = new LevelFacts(meta);
    this.packages = new LevelPackages(meta, this.#shelf, generation);
  }

  static async start(opened: OpenedDatabases): Promise<LevelStore> {
    const count = new PackageCount();
    for await (const [, row] of opened.meta.entries(under('package'))) count.add(decodeRow(row));
    return new LevelStore(opened, count);
  }

  async stats(): Promise<StoreStats> {
    const nowMs = this.#opened.now();
    if (this.#diskBytes === undefined || nowMs - this.#diskBytes.atMs >= diskBytesTtlMs) {
      const bytes = directoryBytes(this.#opened.path);
      this.#diskBytes = { bytes, atMs: nowMs };
    }
    return { ...this.#count.totals, diskBytes: await this.#diskBytes.bytes };
  }

  announce(url: string, token: string): Promise<void> {
    return writeOwner(this.#opened.path, this.#startedAtMs, url, token);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { path, meta, blobs } = this.#opened;
    try {
      await Promise.all([this.#shelf.close(), this.facts.close()]);
      // Nothing to look for at the next opening.
      const settled = this.#shelf.arriving.checkpoint(this.#log.nextCounter);
      await meta.batch(
        [
          { type: 'put', key: checkpointKey, value: encodeNumber(settled) },
          { type: 'put', key: reservedKey, value: encodeNumber(this.#log.nextCounter) },
        ],
        true,
      );
    } finally {
      await removeOwner(path);
      await blobs.close();
      await meta.close();
    }
  }
}
