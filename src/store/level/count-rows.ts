import { under } from '../keys.js';
import { PackageCount } from '../package-count.js';
import type { Database, Write } from './database.js';
import type { Generations } from './generations.js';
import type { Note } from './note.js';
import { decodeRow } from './package-record.js';
import { holdWrites, pinWrite } from './shelf.js';

const maxWritesPerBatch = 500;

/**
 * Counts the packages that the index has, and what lives in each generation. Of packages with bytes in a generation that is not here
 * only the pins stay.
 *
 * @param fillsHolds writes anew which packages a generation has, for an index that did not know
 */
export async function countRows(
  meta: Database<string>,
  generations: Generations,
  fillsHolds: boolean,
  tell: (note: Note) => void,
): Promise<PackageCount> {
  const count = new PackageCount();
  let lost = 0;
  let writes: Write<string>[] = [];
  const flush = async (least: number) => {
    if (writes.length < least) return;
    await meta.batch(writes);
    writes = [];
  };
  for await (const [key, value] of meta.entries(under('package'))) {
    const row = decodeRow(value);
    if (generations.holds(row)) {
      count.add(row);
      generations.count(row, 1);
      if (fillsHolds) writes.push(...holdWrites(generations, row, 'put'));
    } else {
      lost++;
      writes.push({ type: 'del', key }, pinWrite(row), ...holdWrites(generations, row, 'del'));
    }
    await flush(maxWritesPerBatch);
  }
  await flush(1);
  for await (const _ of meta.keys(under('pin'))) count.pin();
  if (lost > 0)
    tell({
      level: 'warn',
      text: `${lost} packages are not in the store any more: they are fetched again when they are asked for`,
    });
  return count;
}
