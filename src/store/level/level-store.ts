import type { GcReport, PackageRow, Store, StoreHealth, StoreStats } from '../../feed/store.js';
import { checkpointKey, reservedKey } from '../keys.js';
import type { PackageCount } from '../package-count.js';
import { BlobLog } from './blob-log.js';
import { encodeNumber } from './counters.js';
import type { Database } from './database.js';
import type { DiskHealth } from './disk-health.js';
import { Evictor } from './evictor.js';
import type { Generation } from './generation.js';
import type { Generations } from './generations.js';
import { LevelFacts } from './level-facts.js';
import { LevelPackages } from './level-packages.js';
import type { Note } from './note.js';
import { removeOwner, writeOwner } from './owner.js';
import { generationBytesOf, Room } from './room.js';
import type { RoomOptions } from './room.js';
import { SharedChunks } from './shared-chunks.js';
import { Shelf } from './shelf.js';
import { directoryBytes } from './store-directory.js';
import type { UsedPackages } from './used-packages.js';

const diskBytesTtlMs = 5_000;
/** How often what lies in the store besides packages is measured, in milliseconds. */
const measureEveryMs = 30_000;
/** How often it is saved which packages were used, in milliseconds. */
const saveEveryMs = 300_000;

/** The databases, opened and brought together. */
export interface OpenedDatabases {
  readonly path: string;
  readonly meta: Database<string>;
  readonly generations: Generations;
  readonly count: PackageCount;
  readonly used: UsedPackages;
  readonly nextCounter: number;
  readonly room: RoomOptions;
  readonly disk: DiskHealth;
  /** Makes an empty generation. */
  readonly begin: (number: number, first: number) => Promise<Generation>;
  readonly tell: (note: Note) => void;
  readonly chunkCacheBytes: number;
  readonly recentFactBytes: number;
  readonly now: () => number;
}

export class LevelStore implements Store {
  readonly facts: LevelFacts;
  readonly packages: LevelPackages;
  readonly #opened: OpenedDatabases;
  readonly #shelf: Shelf;
  readonly #log: BlobLog;
  readonly #room: Room;
  readonly #evictor: Evictor;
  readonly #startedAtMs: number;
  readonly #saving: NodeJS.Timeout;
  #measuredAtMs = -Infinity;
  #diskBytes: { readonly bytes: Promise<number>; readonly atMs: number } | undefined;
  #closing: Promise<void> | undefined;

  constructor(opened: OpenedDatabases) {
    const { meta, generations, count, used, nextCounter, begin, tell } = opened;
    this.#opened = opened;
    this.#startedAtMs = opened.now();
    this.#log = new BlobLog({
      generations,
      nextCounter,
      begin,
      reserve: (until) => meta.batch([{ type: 'put', key: reservedKey, value: encodeNumber(until) }], true),
      generationBytes: () => generationBytesOf(opened.room, this.#log.bytes),
      onGrown: () => this.#grown(),
    });
    this.#room = new Room(opened.room, this.#log);
    const chunks = new SharedChunks(opened.chunkCacheBytes, (counter) => this.#log.readChunk(counter));
    this.#shelf = new Shelf({ meta, log: this.#log, generations, chunks, count, used });
    const shelf = this.#shelf;
    this.#evictor = new Evictor({ meta, shelf, generations, log: this.#log, room: this.#room, tell });
    this.facts = new LevelFacts(meta, opened.recentFactBytes);
    const onRemoved = () => this.#evictor.reconsider();
    this.packages = new LevelPackages({ meta, shelf, generations, room: this.#room, onRemoved });
    this.#saving = setInterval(() => void used.save(meta).catch(() => undefined), saveEveryMs).unref();
  }

  async stats(): Promise<StoreStats> {
    const { path, count, generations, now } = this.#opened;
    const nowMs = now();
    if (this.#diskBytes === undefined || nowMs - this.#diskBytes.atMs >= diskBytesTtlMs)
      this.#diskBytes = { bytes: directoryBytes(path), atMs: nowMs };
    let retainedBytes = 0;
    for (const bytes of this.#shelf.retained.values()) retainedBytes += bytes;
    return {
      ...count.totals,
      diskBytes: await this.#diskBytes.bytes,
      deadBytes: generations.deadBytes,
      generations: generations.all.length,
      retainedBytes,
    };
  }

  health(): StoreHealth {
    return this.#opened.disk.health;
  }

  evictWhere(isReplaceable: (row: PackageRow) => Promise<boolean>, begins?: 'at once' | 'when needed'): void {
    this.#evictor.evictWhere(isReplaceable, begins);
  }

  async gc({ dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<GcReport> {
    this.#shelf.assertOpen();
    await this.measure();
    return this.#evictor.gc(dryRun);
  }

  announce(url: string, token: string): Promise<void> {
    return writeOwner(this.#opened.path, this.#startedAtMs, url, token);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Looks how much of its quota the store spends on other things than packages. */
  async measure(): Promise<void> {
    const { path, generations } = this.#opened;
    this.#measuredAtMs = performance.now();
    const own = new Set(generations.all.map((generation) => generation.path));
    this.#room.otherBytes = await directoryBytes(path, (below) => own.has(below));
  }

  #grown(): void {
    if (this.#opened.room.maxBytes === undefined) return;
    if (performance.now() - this.#measuredAtMs > measureEveryMs) void this.measure().catch(() => undefined);
    this.#evictor.kick();
  }

  async #close(): Promise<void> {
    const { path, meta, used, generations } = this.#opened;
    clearInterval(this.#saving);
    try {
      const evicted = this.#evictor.close();
      await Promise.all([this.#shelf.close(), this.facts.close(), evicted]);
      await this.#log.idle();
      await used.save(meta);
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
      for (const generation of generations.all) await generation.close();
      await meta.close();
    }
  }
}
