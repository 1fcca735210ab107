import {
  checkpointKey,
  chunkKey,
  packageKey,
  packageKeyOf,
  pinKey,
  readBlobKey,
  recordKey,
  removalKey,
  reservedKey,
  under,
} from '../keys.js';
import { isCorruption } from './corruption.js';
import { decodeNumber, encodeNumber } from './counters.js';
import { DamagedPartError } from './damaged-part.js';
import type { Database, Write } from './database.js';
import type { Generation } from './generation.js';
import type { Generations } from './generations.js';
import type { LevelRow } from './package-record.js';
import { decodeRow, encodeRow, fromRuns } from './package-record.js';
import { decodeRemoval, Removals, removalWrite, toldWrite } from './removal.js';
import { holdWrites, pinWrite } from './shelf.js';

/** What the log holds from the checkpoint on. */
interface Unsettled {
  readonly chunks: ReadonlySet<number>;
  readonly records: readonly number[];
  readonly removals: readonly number[];
}

/**
 * Brings index and blob log together after the last process, however it ended: restores the rows of packages whose record became durable
 * and whose row did not, and ends removals that were begun. Looks only at the log from the checkpoint on, which after a clean end is
 * nothing; with a lost index that is the whole log, and every row is rebuilt. Chunks that belong to nobody stay until their generation
 * goes: a deletion in the log would not free them either.
 *
 * @returns the next counter to give out: one that was never in use
 */
export async function recover(meta: Database<string>, generations: Generations): Promise<number> {
  const checkpoint = decodeNumber(await meta.get(checkpointKey)) ?? 0;
  const reserved = decodeNumber(await meta.get(reservedKey)) ?? 0;
  const { newest } = generations;
  const last = await newest.database.lastKey();
  const ends = generations.all.map(({ end }) => (end === Infinity ? 0 : end));
  let nextCounter = Math.max(checkpoint, reserved, ...ends, last === undefined ? 0 : readBlobKey(last).counter + 1);
  if (last === undefined) newest.first = nextCounter;
  nextCounter = await tellDoomed(meta, generations, nextCounter);
  const unsettled = await unsettledFrom(generations, checkpoint);
  const removals = await applyRemovals(meta, generations, unsettled);
  for (const record of unsettled.records) {
    const stored = await soundEntry(generations, record, recordKey(record));
    if (stored === undefined) continue;
    const row = decodeRow(stored);
    // A package may have begun below the checkpoint and ended above it: its chunks down there are settled.
    const isWhole =
      !removals.has(row.identity, record) &&
      generations.holds(row) &&
      fromRuns(row.location.runs).every((counter) => counter < checkpoint || unsettled.chunks.has(counter));
    await settle(meta, generations, row, isWhole);
  }
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

/** Layout 1 marked packages in the index whose bytes it was still to delete. @returns the next counter */
async function tellDoomed(meta: Database<string>, generations: Generations, nextCounter: number): Promise<number> {
  for await (const [key, value] of meta.entries(under('doomed'))) {
    const { identity, location } = decodeRow(value);
    const removal = { package: identity.key, before: 0, record: location.record };
    const counter = nextCounter++;
    await generations.newest.append([removalWrite(counter, removal)], 0, true);
    await meta.batch([toldWrite(counter, removal), { type: 'del', key }]);
  }
  return nextCounter;
}

async function unsettledFrom(generations: Generations, checkpoint: number): Promise<Unsettled> {
  const chunks = new Set<number>();
  const records: number[] = [];
  const removals: number[] = [];
  for (const generation of generations.all) {
    if (generation.end <= checkpoint) continue;
    for await (const key of soundKeys(generation, checkpoint)) {
      const { counter, kind } = readBlobKey(key);
      if (kind === 'chunk') chunks.add(counter);
      else if (kind === 'record') records.push(counter);
      else if (kind === 'removal') removals.push(counter);
    }
  }
  return { chunks, records, removals };
}

async function* soundKeys({ database, number }: Generation, from: number): AsyncGenerator<Buffer> {
  try {
    yield* database.keys({ gte: chunkKey(from) });
  } catch (error) {
    throw isCorruption(error) ? new DamagedPartError(`blobs/g${number}`, { cause: error }) : error;
  }
}

/** An entry that LevelDB cannot read is not there. */
async function soundEntry(generations: Generations, counter: number, key: Buffer): Promise<Buffer | undefined> {
  try {
    return await generations.of(counter)?.database.get(key, true);
  } catch (error) {
    if (isCorruption(error)) return undefined;
    throw error;
  }
}

async function applyRemovals(
  meta: Database<string>,
  generations: Generations,
  unsettled: Unsettled,
): Promise<Removals> {
  const removals = new Removals();
  for (const counter of unsettled.removals) {
    const stored = await soundEntry(generations, counter, removalKey(counter));
    if (stored === undefined) continue;
    const removal = decodeRemoval(stored);
    removals.note(removal);
    const writes: Write<string>[] = [toldWrite(counter, removal)];
    const key = packageKeyOf(removal.package);
    const kept = await meta.get(key);
    const row = kept && decodeRow(kept);
    // Whether its pin was to go too is not known: it stays, and can be purged again.
    if (row !== undefined && removals.has(row.identity, row.location.record))
      writes.push({ type: 'del', key }, pinWrite(row), ...holdWrites(generations, row, 'del'));
    await meta.batch(writes);
  }
  return removals;
}

/** Makes the index say of this copy what is true. Of several sound ones the latest counts. */
async function settle(
  meta: Database<string>,
  generations: Generations,
  row: LevelRow,
  isWhole: boolean,
): Promise<void> {
  const key = packageKey(row.identity);
  const stored = await meta.get(key);
  const kept = stored && decodeRow(stored);
  const { record } = row.location;
  if (isWhole && (kept === undefined || kept.location.record < record))
    await meta.batch([
      ...(kept === undefined ? [] : holdWrites(generations, kept, 'del')),
      { type: 'put', key, value: encodeRow(row) },
      ...holdWrites(generations, row, 'put'),
      { type: 'del', key: pinKey(row.identity) },
    ]);
  if (!isWhole && kept?.location.record === record)
    await meta.batch([{ type: 'del', key }, pinWrite(kept), ...holdWrites(generations, kept, 'del')]);
}
