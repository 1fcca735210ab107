import { join } from 'node:path';
import { Level } from 'level';

/** The entries of one generation of a store's blob log, for a test that looks at or changes what is on disk while no store is open. */
export async function withBlobs<T>(
  path: string,
  work: (blobs: Level<Buffer, Buffer>) => Promise<T>,
  generation = 1,
): Promise<T> {
  return withLevel(join(path, 'blobs', `g${generation}`), 'buffer', work);
}

/** The same for the index. */
export async function withMeta<T>(path: string, work: (meta: Level<string, Buffer>) => Promise<T>): Promise<T> {
  return withLevel(join(path, 'meta'), 'utf8', work);
}

async function withLevel<K, T>(
  location: string,
  keyEncoding: 'utf8' | 'buffer',
  work: (level: Level<K, Buffer>) => Promise<T>,
): Promise<T> {
  const level = new Level<K, Buffer>(location, { keyEncoding, valueEncoding: 'buffer', compression: false });
  await level.open();
  try {
    return await work(level);
  } finally {
    await level.close();
  }
}
