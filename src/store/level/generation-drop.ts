import { setTimeout as sleep } from 'node:timers/promises';
import { heldBy, packageKey, toldBetween, usedKey } from '../keys.js';
import type { Database, Write } from './database.js';
import type { Generation } from './generation.js';
import type { Generations } from './generations.js';
import { liveRows } from './live-rows.js';
import { moveRows } from './mover.js';
import type { Note } from './note.js';
import type { LevelRow } from './package-record.js';
import { decodeRemoval } from './removal.js';
import type { Removal } from './removal.js';
import type { Shelf } from './shelf.js';
import { Survivors } from './survivors.js';
import type { IsReplaceable } from './survivors.js';

const maxMoveBytes = 8 * 1024 * 1024;
const maxWritesPerBatch = 1000;
const maxLastReadMs = 30_000;
const lookEveryMs = 50;

export interface DropParts {
  readonly meta: Database<string>;
  readonly shelf: Shelf;
  readonly generations: Generations;
  readonly tell: (note: Note) => void;
  /** Told after bytes were moved. */
  readonly onMoved: (bytes: number) => void;
  /** Throws when this is to end, between two packages. */
  readonly assertGoingOn: () => void;
}

export interface Dropped {
  readonly evicted: number;
  readonly moved: number;
  /** Bytes that stayed because they were used. */
  readonly usedBytes: number;
  /** What it took on disk, less what was written again. */
  readonly freedBytes: number;
}

/**
 * Drops a generation: its survivors are written again at the end of the log, the rest become pins, then it goes from the disk as a whole.
 * Every step can be repeated; whenever the process ends, a package is where its row says, or its pin is there.
 *
 * @param isReplaceable decides who may be evicted; absent: nobody, only dead bytes go
 * @param usedBytes how much may stay because it was used
 */
export async function dropGeneration(
  parts: DropParts,
  generation: Generation,
  isReplaceable: IsReplaceable | undefined,
  usedBytes = Infinity,
): Promise<Dropped> {
  const { meta, shelf, generations, onMoved } = parts;
  const survivors = new Survivors(shelf, generation, isReplaceable, usedBytes);
  const evicted = new Map<string, LevelRow>();
  let moved = 0;
  let usedMovedBytes = 0;
  let movedBytes = 0;
  const move = async (rows: readonly LevelRow[], mayBeGone = false): Promise<void> => {
    for (const some of portions(rows)) {
      parts.assertGoingOn();
      const done = await moveRows(shelf, some, mayBeGone);
      for (const row of done.damaged) await forgetDamaged(parts, row);
      const bytes = some.reduce((sum, { size }) => sum + size, 0);
      moved += done.moved.length;
      movedBytes += bytes;
      onMoved(bytes);
    }
  };
  try {
    for await (const rows of liveRows(meta, generation)) {
      parts.assertGoingOn();
      const staying: LevelRow[] = [];
      const going: LevelRow[] = [];
      for (const row of rows) {
        const fate = await survivors.fateOf(row);
        if (fate === 'used') usedMovedBytes += row.size;
        (fate === 'evicted' ? going : staying).push(row);
      }
      await move(staying);
      await Promise.all(going.map((row) => evict(shelf, row, evicted)));
    }
    // From here on who begins to read looks the package up again; who reads already is rescued.
    generation.isLeaving = true;
    const reading = shelf.readers.rows;
    await move(
      reading.flatMap(({ identity }) => evicted.get(identity.key) ?? []),
      true,
    );
    await untilRemovedAreRead(
      shelf,
      reading.filter((row) => generations.under(row).has(generation)),
    );
    for await (const rows of liveRows(meta, generation))
      if (rows.length > 0)
        throw new Error(`${rows.length} packages were not moved out of generation ${generation.number}`);
    // Counted from the rows themselves: nothing goes that one of them still needs.
    if (generation.liveBytes > 0)
      throw new Error(`${generation.liveBytes} bytes of generation ${generation.number} are still needed`);
    await carryRemovals(parts, generation);
    await forgetGeneration(meta, generation);
  } catch (error) {
    generation.isLeaving = false;
    throw error;
  }
  await generations.discard(generation);
  return {
    evicted: evicted.size,
    moved,
    usedBytes: usedMovedBytes,
    freedBytes: Math.max(0, generation.bytes - movedBytes),
  };
}

function evict(shelf: Shelf, row: LevelRow, evicted: Map<string, LevelRow>): Promise<void> {
  return shelf.changes.run(packageKey(row.identity), async () => {
    const now = await shelf.find(row.identity);
    if (now?.location.record !== row.location.record) return;
    await shelf.evict(now);
    evicted.set(row.identity.key, row);
  });
}

/** Who reads a package that was removed meanwhile may read it to its end, within reason. */
async function untilRemovedAreRead(shelf: Shelf, reading: readonly LevelRow[]): Promise<void> {
  const untilMs = performance.now() + maxLastReadMs;
  for (const row of reading)
    while (
      shelf.readers.isRead(row.identity) &&
      (await shelf.find(row.identity)) === undefined &&
      performance.now() < untilMs
    )
      await sleep(lookEveryMs);
}

async function forgetDamaged({ shelf, tell }: DropParts, row: LevelRow): Promise<void> {
  tell({
    level: 'error',
    text: `${row.identity.toString()} is damaged in the store: it is fetched again when it is asked for`,
  });
  await shelf.changes.run(packageKey(row.identity), async () => {
    const now = await shelf.find(row.identity);
    if (now?.location.record === row.location.record) await shelf.take(row.identity, true);
  });
}

/** Removals that still speak of records in other generations are told again. */
async function carryRemovals({ meta, shelf, generations }: DropParts, generation: Generation): Promise<void> {
  const needed: Removal[] = [];
  for await (const [, value] of meta.entries(toldBetween(generation.first, generation.end))) {
    const removal = decodeRemoval(value);
    const others = generations.all.filter((one) => one !== generation);
    const { before, record } = removal;
    if (others.some((other) => (record === undefined ? other.first < before : other.holds(record))))
      needed.push(removal);
  }
  for (const removal of needed) await shelf.tell(removal);
}

/** Takes what the index says of a generation itself out of it. Synced, and with it all that was moved and evicted before. */
async function forgetGeneration(meta: Database<string>, { number, first, end }: Generation): Promise<void> {
  const keys: string[] = [usedKey(number)];
  for await (const key of meta.keys(heldBy(number))) keys.push(key);
  for await (const key of meta.keys(toldBetween(first, end))) keys.push(key);
  const writes = keys.map((key): Write<string> => ({ type: 'del', key }));
  for (let at = 0; at < writes.length; at += maxWritesPerBatch)
    await meta.batch(writes.slice(at, at + maxWritesPerBatch), at + maxWritesPerBatch >= writes.length);
}

function* portions(rows: readonly LevelRow[]): Generator<readonly LevelRow[]> {
  let some: LevelRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    some.push(row);
    bytes += row.size;
    if (bytes < maxMoveBytes) continue;
    yield some;
    some = [];
    bytes = 0;
  }
  if (some.length > 0) yield some;
}
