import { Level } from 'level';
import { UnreadableError } from '../../feed/store.js';
import { isCorruption } from './corruption.js';
import { reasonOf } from './disk-reason.js';
import { probeDisk } from './disk-probe.js';
import { bytesAtATime, manyAtATime } from './many-at-a-time.js';
import { WriteQueue } from './write-queue.js';
import type { Queued } from './write-queue.js';

export interface DatabaseOptions {
  readonly compression: boolean;
  readonly writeBufferBytes: number;
  readonly maxFileBytes: number;
  readonly cacheBytes: number;
  /** Table files kept open at a time, at least 74. */
  readonly maxOpenFiles?: number;
  /** Told of each write or read that failed, and of the first write after one that did not. */
  readonly disk?: DiskWatch;
}

export interface DiskWatch {
  failed(error: unknown): void;
  healed(): void;
  /** @param again resolves when what could not be read can be */
  unreadable(error: unknown, again: () => Promise<unknown>): void;
  /** Something was read: perhaps the rest can be, too. */
  read(): void;
  /** It is not looked at any more. */
  closed(): void;
}

export type Write<K> =
  { readonly type: 'put'; readonly key: K; readonly value: Buffer } | { readonly type: 'del'; readonly key: K };

/** What a write brings, without its key, in bytes. */
export const valueBytes = <K>(write: Write<K>): number => (write.type === 'put' ? write.value.length : 0);

/** LevelDB copies a batch on the event loop: 1 MiB takes it some milliseconds. */
const maxGroupBytes = 1024 * 1024;
/** What an entry takes beside its value, about. */
const entryOverheadBytes = 64;

interface Batch<K> extends Queued {
  readonly writes: Write<K>[];
  readonly sync: boolean;
}

/** Of LevelDB; `level` types only what databases of browsers have too. */
interface KnowsRanges<K> {
  compactRange(start: K, end: K): Promise<void>;
  approximateSize(start: K, end: K): Promise<number>;
}

interface Range<K> {
  readonly gt?: K;
  readonly gte?: K;
  readonly lt?: K;
}

/**
 * One LevelDB. After a failed write LevelDB's log may end in half a record that hides what is appended behind it, or LevelDB may
 * refuse every later write; so before the next write it is reopened, which begins a fresh log. While the disk has no room for that,
 * the open database goes on serving reads and only writes fail.
 */
export class Database<K extends string | Buffer> {
  readonly #location: string;
  readonly #keyEncoding: 'utf8' | 'buffer';
  readonly #options: DatabaseOptions;
  readonly #queue = new WriteQueue<Batch<K>>({ maxBytes: maxGroupBytes, commit: (group) => this.#commit(group) });
  #level: Level<K, Buffer>;
  /** It is to be reopened before the next write. */
  #writeFailed = false;
  #hasFailed = false;
  #healing: Promise<void> | undefined;
  #closed = false;

  private constructor(location: string, keyEncoding: 'utf8' | 'buffer', options: DatabaseOptions) {
    this.#location = location;
    this.#keyEncoding = keyEncoding;
    this.#options = options;
    this.#level = this.#create();
  }

  /** @throws the error of LevelDB; its `cause.code` is `LEVEL_LOCKED` when another process has it open */
  static async open<K extends string | Buffer>(
    location: string,
    keyEncoding: K extends string ? 'utf8' : 'buffer',
    options: DatabaseOptions,
  ): Promise<Database<K>> {
    const database = new Database<K>(location, keyEncoding, options);
    await database.#level.open();
    return database;
  }

  /** Without filling LevelDB's block cache when `isLarge`. @throws UnreadableError, and LevelDB's own of damage */
  get(key: K, isLarge = false): Promise<Buffer | undefined> {
    return this.#reading((level) => level.get(key, isLarge ? { fillCache: false } : {}));
  }

  /** @throws as `get` */
  getMany(keys: K[]): Promise<(Buffer | undefined)[]> {
    return this.#reading((level) => level.getMany(keys));
  }

  /**
   * All of `writes` or none, behind all that was asked for before. With `sync`, resolves once they are on the disk itself. What comes while
   * one batch is under way goes together, and fails together.
   */
  batch(writes: Write<K>[], sync = false): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    const bytes = writes.reduce((sum, write) => sum + entryOverheadBytes + valueBytes(write), 0);
    return this.#queue.add({ writes, sync, bytes });
  }

  /** Whether the last write failed. */
  get writeFailed(): boolean {
    return this.#hasFailed;
  }

  /** After a failed write: looks whether the disk takes writes again, and makes ready for them. @throws when it does not */
  async probe(): Promise<void> {
    if (!this.#hasFailed) return;
    if (this.#writeFailed) await this.#heal();
    this.#noteSuccess();
  }

  /**
   * Writes what is only in memory and the log into a table, which gives the memory back: LevelDB does that before it looks at the range
   * of a compaction (`DBImpl::CompactRange`), and in an empty range there is nothing more to do.
   */
  async settle(nowhere: K): Promise<void> {
    if (!this.#isReadable || this.#closed) return;
    await this.#ranges.compactRange(nowhere, nowhere);
  }

  /**
   * What its tables take on disk. Exact where all keys lie between the two: a table that begins and ends there counts as a whole
   * (`VersionSet::ApproximateOffsetOf`).
   */
  tableBytes(below: K, above: K): Promise<number> {
    return this.#ranges.approximateSize(below, above);
  }

  /** A consistent view, in order of key. What is few takes one turn of the disk. */
  async *entries(range: Range<K>, limit?: number): AsyncGenerator<readonly [K, Buffer]> {
    const options = { ...range, ...bytesAtATime, ...(limit !== undefined && { limit }) };
    const iterator = await this.#reading(async (level) => level.iterator(options));
    for await (const entries of manyAtATime<[K, Buffer]>(iterator, (error) => this.#unreadIn(error, range)))
      yield* entries;
  }

  /** Keys alone: values are not copied. */
  async *keys(range: Range<K>): AsyncGenerator<K> {
    for await (const keys of this.keysAtATime(range)) yield* keys;
  }

  /**
   * A consistent view of the values as text, in order of key, many at a time: for who goes through all of a large range. The next are
   * read while these are worked on. Without keys, because making strings of both is most of the time that it takes.
   */
  async *texts(range: Range<K>): AsyncGenerator<readonly string[]> {
    const options = { ...range, ...bytesAtATime, valueEncoding: 'utf8' };
    const iterator = await this.#reading(async (level) => level.values<K, string>(options));
    yield* manyAtATime<string>(iterator, (error) => this.#unreadIn(error, range));
  }

  /** Keys alone, as `texts`. */
  async *keysAtATime(range: Range<K>): AsyncGenerator<readonly K[]> {
    const iterator = await this.#reading(async (level) => level.keys({ ...range, ...bytesAtATime }));
    yield* manyAtATime<K>(iterator, (error) => this.#unreadIn(error, range));
  }

  async firstKey(): Promise<K | undefined> {
    return (await this.#level.keys({ limit: 1 }).all())[0];
  }

  async lastKey(): Promise<K | undefined> {
    return (await this.#level.keys({ reverse: true, limit: 1 }).all())[0];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#options.disk?.closed();
    await this.#queue.idle();
    await this.#healing?.catch(() => undefined);
    await this.#level.close();
  }

  get #ranges(): KnowsRanges<K> {
    return this.#level as Level<K, Buffer> & KnowsRanges<K>;
  }

  get #isReadable(): boolean {
    return this.#level.status === 'open';
  }

  async #commit(group: readonly Batch<K>[]): Promise<void> {
    const [first, ...others] = group;
    const writes = others.length === 0 ? first?.writes : group.flatMap((batch) => batch.writes);
    try {
      if (this.#writeFailed || !this.#isReadable) await this.#heal();
      await this.#level.batch(writes ?? [], { sync: group.some(({ sync }) => sync) });
    } catch (error) {
      if (!this.#closed) this.#noteFailure(error);
      throw error;
    }
    this.#noteSuccess();
  }

  async #reading<T>(read: (level: Level<K, Buffer>) => Promise<T>): Promise<T> {
    try {
      if (!this.#isReadable) await this.#heal();
      const value = await read(this.#level);
      this.#options.disk?.read();
      return value;
    } catch (error) {
      throw this.#unread(error, read);
    }
  }

  /** What a failed read is told as. Damage is another matter than a disk that refuses. */
  #unread(error: unknown, read: (level: Level<K, Buffer>) => Promise<unknown>): unknown {
    if (this.#closed || isCorruption(error)) return error;
    this.#options.disk?.unreadable(error, async () => {
      if (!this.#isReadable) await this.#heal();
      await read(this.#level);
    });
    return new UnreadableError(`the store cannot read: ${reasonOf(error)}`, { cause: error });
  }

  #unreadIn(error: unknown, range: Range<K>): unknown {
    return this.#unread(error, (level) => level.keys(range).all());
  }

  #noteFailure(error: unknown): void {
    this.#writeFailed = true;
    this.#hasFailed = true;
    this.#options.disk?.failed(error);
  }

  #noteSuccess(): void {
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#options.disk?.healed();
  }

  #create(): Level<K, Buffer> {
    return new Level<K, Buffer>(this.#location, {
      keyEncoding: this.#keyEncoding,
      valueEncoding: 'buffer',
      compression: this.#options.compression,
      writeBufferSize: this.#options.writeBufferBytes,
      maxFileSize: this.#options.maxFileBytes,
      cacheSize: this.#options.cacheBytes,
      ...(this.#options.maxOpenFiles !== undefined && { maxOpenFiles: this.#options.maxOpenFiles }),
    });
  }

  #heal(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    this.#healing ??= this.#reopen().finally(() => {
      this.#healing = undefined;
    });
    return this.#healing;
  }

  async #reopen(): Promise<void> {
    // It writes the log anew as a table.
    await probeDisk(this.#location, 2 * this.#options.writeBufferBytes);
    await this.#level.close();
    this.#level = this.#create();
    await this.#level.open();
    this.#writeFailed = false;
  }
}

const closedError = () => new Error('the store is closed');
