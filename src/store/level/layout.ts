import { layoutKey } from '../keys.js';
import { decodeNumber, encodeNumber } from './counters.js';
import type { Database } from './database.js';
import { layoutVersion } from './package-record.js';

/** The store was written by a newer program. The message says what to do. */
export class StoreLayoutError extends Error {
  override readonly name = 'StoreLayoutError';
}

/**
 * @returns whether the index is of this layout: a new one, or an older one, is marked so when everything in it is
 * @throws StoreLayoutError when the store has a newer one
 */
export async function checkLayout(meta: Database<string>, path: string): Promise<boolean> {
  const found = decodeNumber(await meta.get(layoutKey));
  if (found !== undefined && found > layoutVersion)
    throw new StoreLayoutError(
      `the store ${path} has layout ${found}, written by a newer version; this one reads up to ${layoutVersion}. ` +
        'Run the newer version again, or name an empty directory.',
    );
  return found === layoutVersion;
}

export async function markLayout(meta: Database<string>): Promise<void> {
  await meta.batch([{ type: 'put', key: layoutKey, value: encodeNumber(layoutVersion) }], true);
}
