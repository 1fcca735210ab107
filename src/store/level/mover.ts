import { DamagedBlobError } from '../../feed/store.js';
import { chunkKey, packageKey, recordKey } from '../keys.js';
import { passing } from './arriving.js';
import type { BlobLog } from './blob-log.js';
import { unsealChunk } from './chunk.js';
import type { Write } from './database.js';
import type { LevelRow } from './package-record.js';
import { encodeRow, fromRuns, makeRow, toRuns } from './package-record.js';
import type { Shelf } from './shelf.js';

const maxUnwrittenChunks = 4;

interface Copied {
  readonly old: LevelRow;
  readonly row: LevelRow;
}

export interface Moved {
  readonly moved: readonly LevelRow[];
  /** Their bytes are not what was admitted. */
  readonly damaged: readonly LevelRow[];
}

/**
 * Writes packages again at the end of the log and lets the index point there. The old copies stay readable until their generation goes.
 *
 * @param mayBeGone packages without a row get one again: somebody is reading them
 * @throws when the disk refuses; what was moved before that stays moved
 */
export async function moveRows(shelf: Shelf, rows: readonly LevelRow[], mayBeGone = false): Promise<Moved> {
  const { log } = shelf;
  if (rows.length === 0) return { moved: [], damaged: [] };
  const first = log.nextCounter;
  const arrival = {
    ...passing(first),
    hasBetween: (from: number, end: number) => end > first && from < log.nextCounter,
  };
  shelf.arriving.add(arrival);
  try {
    const damaged: LevelRow[] = [];
    const copied: { readonly old: LevelRow; readonly counters: readonly number[] }[] = [];
    for (const old of rows)
      try {
        copied.push({ old, counters: await copyChunks(log, old) });
      } catch (error) {
        if (!(error instanceof DamagedBlobError)) throw error;
        damaged.push(old);
      }
    const copies: Copied[] = copied.map(({ old, counters }) => {
      const location = { ...old.location, record: log.takeCounter(), runs: toRuns(counters) };
      return { old, row: makeRow(old, old.size, location) };
    });
    const records = copies.map(({ row }): Write<Buffer> => ({
      type: 'put',
      key: recordKey(row.location.record),
      value: encodeRow(row),
    }));
    if (records.length > 0) await log.write(records, true);
    const moved: LevelRow[] = [];
    for (const copy of copies) if (await place(shelf, copy, first, mayBeGone)) moved.push(copy.old);
    return { moved, damaged };
  } finally {
    shelf.arriving.delete(arrival);
  }
}

function place(shelf: Shelf, { old, row }: Copied, first: number, mayBeGone: boolean): Promise<boolean> {
  return shelf.changes.run(packageKey(row.identity), async () => {
    const now = await shelf.find(row.identity);
    const isStill = now?.location.record === old.location.record;
    if (isStill || (mayBeGone && now === undefined && (await shelf.pinOf(row.identity))?.sha512 === row.sha512)) {
      await shelf.place(row, passing(first), isStill ? now : undefined);
      if (mayBeGone) shelf.used.mark(row.location.record, row.size);
      return true;
    }
    // Removed meanwhile, or come anew: this copy is nobody's.
    await shelf.disown(row);
    return false;
  });
}

/** In their stored form, which holds their checksum. @returns the new counters */
async function copyChunks(log: BlobLog, { location, size }: LevelRow): Promise<number[]> {
  const counters: number[] = [];
  const unwritten: Promise<void>[] = [];
  let left = size;
  try {
    for (const old of fromRuns(location.runs)) {
      const stored = await log.readChunk(old);
      const length = stored && unsealChunk(stored)?.length;
      if (stored === undefined || length !== Math.min(left, location.chunkBytes))
        throw new DamagedBlobError(`chunk ${old} is not what was stored`);
      left -= length;
      const counter = log.takeCounter();
      counters.push(counter);
      unwritten.push(log.write([{ type: 'put', key: chunkKey(counter), value: stored }], false));
      if (unwritten.length > maxUnwrittenChunks) await unwritten.shift();
    }
  } finally {
    await Promise.allSettled(unwritten);
  }
  await Promise.all(unwritten);
  return counters;
}
