import { join } from 'node:path';
import type { Store } from '../../feed/store.js';
import { isCorruption } from './corruption.js';
import { countRows } from './count-rows.js';
import { DamagedPartError } from './damaged-part.js';
import { Database } from './database.js';
import { DiskHealth } from './disk-health.js';
import type { Generations } from './generations.js';
import { checkLayout, markLayout } from './layout.js';
import { sweepUnfinishedFacts } from './level-facts.js';
import { LevelStore } from './level-store.js';
import type { Note } from './note.js';
import { beginGeneration, openGenerations } from './open-generations.js';
import type { GenerationFiles } from './open-generations.js';
import { inUseError, removeOwner, writeOwner } from './owner.js';
import { recover } from './recovery.js';
import { generationBytesOf } from './room.js';
import { prepareDirectory, StorePathError } from './store-directory.js';
import { UsedPackages } from './used-packages.js';

export interface LevelStoreOptions {
  /** Who we are, for another process that finds the store taken. */
  readonly owner?: { readonly url?: string };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What the store may take on disk, everything in it included; absent: as much as there is. */
  readonly maxBytes?: number;
  /** How much one generation takes. Default: a sixteenth of `maxBytes`. */
  readonly generationBytes?: number;
  /** Told what people should know: damage, a full store, a disk that refuses. */
  readonly tell?: (note: Note) => void;
  /** LevelDB's write buffer for package bytes; up to two are in memory. Default 4 MiB, less in small stores. */
  readonly blobWriteBufferBytes?: number;
  /** Size of one table file of package bytes. Default 16 MiB. */
  readonly blobFileBytes?: number;
  /** LevelDB's block cache for facts and rows. Default 16 MiB. */
  readonly metaCacheBytes?: number;
  /** Package chunks in memory, shared by all readers. Default 10 MiB. */
  readonly chunkCacheBytes?: number;
  /** Facts in memory that were just written. Default 2 MiB. */
  readonly recentFactBytes?: number;
}

const mebibyte = 1024 * 1024;
/** LevelDB's least, for each generation: what is read most is open anyway, and descriptors stay few. */
const maxOpenFiles = 74;

/**
 * Opens the store in the directory `path`, which is made when it is not there: `meta` holds facts and the index of packages,
 * `blobs/g<N>` the generations of the log of their bytes. It belongs to one process at a time. A damaged index is moved aside and
 * rebuilt from the blobs.
 *
 * @throws StoreInUseError when another process has it open
 * @throws StorePathError when the directory cannot be used
 * @throws StoreLayoutError when a newer version wrote it
 */
export async function openLevelStore(path: string, options: LevelStoreOptions): Promise<Store> {
  await prepareDirectory(path);
  const tell = options.tell ?? (() => undefined);
  for (;;)
    try {
      return await openOnce(path, options, tell);
    } catch (error) {
      if (!(error instanceof DamagedPartError)) throw error;
      await error.setAside(path, options.now(), tell);
    }
}

async function openOnce(path: string, options: LevelStoreOptions, tell: (note: Note) => void): Promise<Store> {
  const disk = new DiskHealth(options.now, tell);
  const meta = await indexed(() => openIndex(path, options, disk));
  let generations: Generations | undefined;
  try {
    const isOfThisLayout = await indexed(() => checkLayout(meta, path));
    const files = generationFiles(path, options, disk);
    const opened = await opening(path, () => openGenerations(files));
    generations = opened;
    await writeOwner(path, options.now(), options.owner?.url);
    return await indexed(async () => {
      await sweepUnfinishedFacts(meta);
      const nextCounter = await recover(meta, opened);
      const used = new UsedPackages(opened);
      await used.load(meta);
      const count = await countRows(meta, opened, !isOfThisLayout, tell);
      if (!isOfThisLayout) await markLayout(meta);
      const store = new LevelStore({
        ...{ path, meta, generations: opened, count, used, nextCounter, disk, tell },
        room: options,
        begin: (number, first) => beginGeneration(files, number, first),
        chunkCacheBytes: options.chunkCacheBytes ?? 10 * mebibyte,
        recentFactBytes: options.recentFactBytes ?? 2 * mebibyte,
        now: options.now,
      });
      await store.measure();
      return store;
    });
  } catch (error) {
    if (generations !== undefined) await removeOwner(path);
    for (const generation of generations?.all ?? []) await generation.close();
    await meta.close();
    throw error;
  }
}

function openIndex(path: string, options: LevelStoreOptions, disk: DiskHealth): Promise<Database<string>> {
  return opening(path, async () => {
    const meta = await Database.open<string>(join(path, 'meta'), 'utf8', {
      compression: true,
      writeBufferBytes: writeBufferBytes(options),
      maxFileBytes: 2 * mebibyte,
      cacheBytes: options.metaCacheBytes ?? 16 * mebibyte,
      disk: disk.watch('meta'),
    });
    disk.probeWith('meta', meta);
    return meta;
  });
}

function generationFiles(path: string, options: LevelStoreOptions, disk: DiskHealth): GenerationFiles {
  return {
    path: join(path, 'blobs'),
    options: {
      compression: false,
      writeBufferBytes: options.blobWriteBufferBytes ?? writeBufferBytes(options),
      maxFileBytes: options.blobFileBytes ?? 16 * mebibyte,
      // Uncompressed blocks are served from the mapped file and never enter the block cache.
      cacheBytes: 0,
      maxOpenFiles,
    },
    disk,
  };
}

/** LevelDB has twice this on disk until it has written its tables: in a small store that is to be little too. */
function writeBufferBytes(options: LevelStoreOptions): number {
  const quarter = Math.floor(generationBytesOf(options, 0) / 4);
  return Math.max(mebibyte / 4, Math.min(4 * mebibyte, quarter));
}

/** Work that reads the index: where LevelDB cannot read what it wrote there, the index is to be set aside. */
async function indexed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DamagedPartError || !isCorruption(error)) throw error;
    throw new DamagedPartError('meta', { cause: error });
  }
}

async function opening<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    if (cause?.code === 'LEVEL_LOCKED') throw await inUseError(path, error);
    if (isCorruption(error)) throw error;
    throw new StorePathError(
      `the store ${path} cannot be opened: ${cause?.message ?? String(error)}. See to that and start again.`,
      { cause: error },
    );
  }
}
