import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DamagedBlobError } from '../../feed/store.js';
import { chunkKey } from '../keys.js';
import { isCorruption } from './corruption.js';
import type { Database, Write } from './database.js';

export interface GenerationOptions {
  /** Its number, which its directory carries too. */
  readonly number: number;
  readonly path: string;
  readonly database: Database<Buffer>;
  /** The counters in it: from `first` up to but not including `end`. */
  readonly first: number;
  readonly end: number;
  /** What it takes on disk. */
  readonly bytes: number;
}

/** One cut of the blob log: a LevelDB of its own with all entries of a range of counters, so that it can be dropped as a whole. */
export class Generation {
  readonly number: number;
  readonly path: string;
  readonly database: Database<Buffer>;
  first: number;
  /** Infinity while entries are appended to it. */
  end: number;
  /** What it takes on disk, about. */
  bytes: number;
  /** Those of packages in the index. */
  liveBytes = 0;
  /** Nobody is to begin reading here: what is needed was moved elsewhere. */
  isLeaving = false;
  #reads = 0;
  #whenUnread: (() => void) | undefined;

  constructor(options: GenerationOptions) {
    this.number = options.number;
    this.path = options.path;
    this.database = options.database;
    this.first = options.first;
    this.end = options.end;
    this.bytes = options.bytes;
  }

  get deadBytes(): number {
    return Math.max(0, this.bytes - this.liveBytes);
  }

  holds(counter: number): boolean {
    return this.first <= counter && counter < this.end;
  }

  async readChunk(counter: number): Promise<Buffer | undefined> {
    this.#reads++;
    try {
      return await this.database.get(chunkKey(counter), true);
    } catch (error) {
      if (isCorruption(error)) throw new DamagedBlobError(`chunk ${counter} cannot be read`, { cause: error });
      throw error;
    } finally {
      if (--this.#reads === 0) this.#whenUnread?.();
    }
  }

  async append(writes: Write<Buffer>[], bytes: number, sync: boolean): Promise<void> {
    await this.database.batch(writes, sync);
    this.bytes += bytes;
  }

  /** Nothing is appended any more: the memory for what would be is given back. */
  async settle(): Promise<void> {
    await this.database.settle(chunkKey(this.end));
  }

  /** Once nothing is being read from it. */
  async close(): Promise<void> {
    while (this.#reads > 0) await new Promise<void>((resolve) => (this.#whenUnread = resolve));
    await this.database.close();
  }

  /** Removes it from the disk. In one step it stops being a generation, whatever happens afterwards. */
  async discard(): Promise<void> {
    await this.close();
    const dropped = join(dirname(this.path), `${droppedPrefix}${basename(this.path)}`);
    await rm(dropped, { recursive: true, force: true });
    await rename(this.path, dropped);
    await syncDirectory(dirname(this.path));
    await rm(dropped, { recursive: true, force: true });
  }
}

export const droppedPrefix = 'dropped-';

/** Makes durable which files and directories there are in it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
