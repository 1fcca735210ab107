import { checkpointKey, chunkKey, doomedKey, packageKey, readBlobKey, recordKey, reservedKey, under } from '../keys.js';
import { decodeNumber, encodeNumber } from './counters.js';
import type { Database, Write } from './database.js';
import type { LevelRow } from './package-record.js';
import { decodeRow, encodeRow, fromRuns } from './package-record.js';
import { deletionOf } from './shelf.js';

const maxWritesPerBatch = 1000;

/**
 * Brings index and blob log together after the last process, however it ended: finishes deletions, restores the rows of packages whose
 * record became durable and whose row did not, and sweeps chunks that belong to nobody. Looks only at the log from the checkpoint on,
 * which after a clean end is nothing; with a lost index that is the whole log, and every row is rebuilt.
 *
 * @returns the next counter to give out: one that was never in use
 */
export async function recover(meta: Database<string>, blobs: Database<Buffer>): Promise<number> {
  await finishDeletions(meta, blobs);
  const checkpoint = decodeNumber(await meta.get(checkpointKey)) ?? 0;
  const last = await blobs.lastKey();
  const reserved = decodeNumber(await meta.get(reservedKey)) ?? 0;
  const nextCounter = Math.max(checkpoint, reserved, last === undefined ? 0 : readBlobKey(last).counter + 1);
  const orphans = await restoreRows(meta, blobs, checkpoint);
  for (let i = 0; i < orphans.length; i += maxWritesPerBatch)
    await blobs.batch(orphans.slice(i, i + maxWritesPerBatch), i + maxWritesPerBatch >= orphans.length);
  const settled = encodeNumber(nextCounter);
  await meta.batch(
    [
      { type: 'put', key: checkpointKey, value: settled },
      { type: 'put', key: reservedKey, value: settled },
    ],
    true,
  );
  return nextCounter;
}

async function finishDeletions(meta: Database<string>, blobs: Database<Buffer>): Promise<void> {
  for await (const [, value] of meta.entries(under('doomed'))) {
    const row = decodeRow(value);
    await blobs.batch(deletionOf(row), true);
    await meta.batch([{ type: 'del', key: doomedKey(row.location.record) }]);
  }
}

/** @returns what to delete from the log */
async function restoreRows(
  meta: Database<string>,
  blobs: Database<Buffer>,
  checkpoint: number,
): Promise<Write<Buffer>[]> {
  const chunks = new Set<number>();
  const records: number[] = [];
  for await (const key of blobs.keys({ gte: chunkKey(checkpoint) })) {
    const { counter, isRecord } = readBlobKey(key);
    if (isRecord) records.push(counter);
    else chunks.add(counter);
  }
  const orphans: Write<Buffer>[] = [];
  for (const record of records) {
    const stored = await blobs.get(recordKey(record), true);
    if (stored === undefined) continue;
    const row = decodeRow(stored);
    const counters = fromRuns(row.location.runs);
    // A package may have begun below the checkpoint and ended above it: its chunks down there are settled.
    const isWhole = counters.every((counter) => counter < checkpoint || chunks.has(counter));
    if (await settle(meta, row, isWhole)) for (const counter of counters) chunks.delete(counter);
    else orphans.push({ type: 'del', key: recordKey(record) });
  }
  for (const counter of chunks) orphans.push({ type: 'del', key: chunkKey(counter) });
  return orphans;
}

/** Makes the index say of this copy what is true. @returns whether it is the one kept */
async function settle(meta: Database<string>, row: LevelRow, isWhole: boolean): Promise<boolean> {
  const key = packageKey(row.identity);
  const kept = await meta.get(key);
  const isOurs = kept === undefined || decodeRow(kept).location.record === row.location.record;
  if (isOurs && isWhole && kept === undefined) await meta.batch([{ type: 'put', key, value: encodeRow(row) }]);
  if (isOurs && !isWhole && kept !== undefined) await meta.batch([{ type: 'del', key }]);
  return isOurs && isWhole;
}
