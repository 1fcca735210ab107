import type { ExecutionContext } from 'ava';

import { chunkKey } from '../../src/store/keys.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { withBlobs } from './level-files.js';
import { startLarder } from './larder.js';
import type { LarderOptions } from './larder.js';
import { temporaryDirectory } from './temporary-directory.js';

/** A store on disk that a Larder has filled by answering these requests, and that is closed again. */
export async function filledStore(
  t: ExecutionContext,
  options: LarderOptions,
  paths: readonly string[],
): Promise<string> {
  const path = await temporaryDirectory(t);
  const store = await openLevelStore(path, { now: Date.now });
  const larder = await startLarder(t, { ...options, store });
  for (const one of paths) t.is((await larder.get(one)).status, 200, one);
  await larder.shutdown();
  return path;
}

/** Turns one bit of chunks of the blob log, by their counters: the first package's are the first. */
export async function damageChunks(path: string, ...counters: readonly number[]): Promise<void> {
  await withBlobs(path, async (blobs) => {
    for (const counter of counters) {
      const stored = await blobs.get(chunkKey(counter));
      const at = Math.floor(stored.length / 2);
      stored[at] = (stored[at] ?? 0) ^ 1;
      await blobs.put(chunkKey(counter), stored);
    }
  });
}
