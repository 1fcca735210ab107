import { join } from 'node:path';
import type { Store } from '../../feed/store.js';
import { Database } from './database.js';
import { checkLayout } from './layout.js';
import { LevelStore } from './level-store.js';
import { inUseError, removeOwner, writeOwner } from './owner.js';
import { recover } from './recovery.js';
import { sweepUnfinishedFacts } from './level-facts.js';
import { prepareDirectory, StorePathError } from './store-directory.js';

export interface LevelStoreOptions {
  /** Who we are, for another process that finds the store taken. */
  readonly owner?: { readonly url?: string };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** LevelDB's write buffer for package bytes; up to two are in memory. Default 4 MiB. */
  readonly blobWriteBufferBytes?: number;
  /** Size of one table file of package bytes. Default 16 MiB. */
  readonly blobFileBytes?: number;
  /** LevelDB's block cache for facts and rows. Default 16 MiB. */
  readonly metaCacheBytes?: number;
  /** Package chunks in memory, shared by all readers. Default 10 MiB. */
  readonly chunkCacheBytes?: number;
}

const mebibyte = 1024 * 1024;
/** Only one blob log so far; its number is in every row's location. */
const generation = 1;

/**
 * Opens the store in the directory `path`, which is made when it is not there: `meta` holds facts and the index of packages,
 * `blobs/g1` the log of their bytes. It belongs to one process at a time.
 *
 * @throws StoreInUseError when another process has it open
 * @throws StorePathError when the directory cannot be used
 * @throws StoreLayoutError when a newer version wrote it
 */
export async function openLevelStore(path: string, options: LevelStoreOptions): Promise<Store> {
  await prepareDirectory(path);
  const meta = await openDatabase(path, 'meta', () =>
    Database.open<string>(join(path, 'meta'), 'utf8', {
      compression: true,
      writeBufferBytes: 4 * mebibyte,
      maxFileBytes: 2 * mebibyte,
      cacheBytes: options.metaCacheBytes ?? 16 * mebibyte,
    }),
  );
  const opened: { close(): Promise<void> }[] = [meta];
  try {
    await checkLayout(meta, path);
    const blobs = await openDatabase(path, join('blobs', `g${generation}`), () =>
      Database.open<Buffer>(join(path, 'blobs', `g${generation}`), 'buffer', {
        compression: false,
        writeBufferBytes: options.blobWriteBufferBytes ?? 4 * mebibyte,
        maxFileBytes: options.blobFileBytes ?? 16 * mebibyte,
        // Uncompressed blocks are served from the mapped file and never enter the block cache.
        cacheBytes: 0,
      }),
    );
    opened.push(blobs);
    await writeOwner(path, options.now(), options.owner?.url);
    await sweepUnfinishedFacts(meta);
    const nextCounter = await recover(meta, blobs);
    return await LevelStore.start({
      path,
      meta,
      blobs,
      generation,
      nextCounter,
      chunkCacheBytes: options.chunkCacheBytes ?? 10 * mebibyte,
      now: options.now,
    });
  } catch (error) {
    if (opened.length > 1) await removeOwner(path);
    for (const database of opened) await database.close();
    throw error;
  }
}

async function openDatabase<T>(path: string, name: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    if (cause?.code === 'LEVEL_LOCKED') throw await inUseError(path, error);
    const remedy = name === 'meta' ? 'its packages are found again without it' : 'its packages are then fetched again';
    throw new StorePathError(
      `the store ${path} cannot be opened: ${cause?.message ?? String(error)}. ` +
        `See to that; if ${join(path, name)} is damaged, move it away and start again: ${remedy}.`,
      { cause: error },
    );
  }
}
