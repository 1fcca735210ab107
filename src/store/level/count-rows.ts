import { packageKey, under } from '../keys.js';
import { PackageCount } from '../package-count.js';
import type { Database, Write } from './database.js';
import type { Generations } from './generations.js';
import type { Note } from './note.js';
import { decodeRow } from './package-record.js';
import { decodeExtent } from './row-extent.js';
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
  let id = '';
  let written = '';
  let lost = 0;
  let writes: Write<string>[] = [];
  const flush = async (least: number) => {
    if (writes.length < least) return;
    await meta.batch(writes);
    writes = [];
  };
  for await (const rows of meta.texts(under('package')))
    for (const text of rows) {
      const extent = decodeExtent(text);
      const isHeld = generations.holds(extent);
      if (isHeld) {
        // A copy: a part of the row would keep all of it in memory. The versions of an id follow one another.
        if (extent.id !== written) id = Buffer.from(extent.id.toLowerCase()).toString();
        written = extent.id;
        count.addOf(id, extent);
        generations.countExtent(extent, Buffer.byteLength(text), 1);
      }
      if (isHeld && !fillsHolds) continue;
      const row = decodeRow(Buffer.from(text));
      if (!isHeld) {
        lost++;
        writes.push({ type: 'del', key: packageKey(row.identity) }, pinWrite(row));
      }
      writes.push(...holdWrites(generations, row, isHeld ? 'put' : 'del'));
      await flush(maxWritesPerBatch);
    }
  await flush(1);
  for await (const pins of meta.keysAtATime(under('pin'))) count.pin(pins.length);
  if (lost > 0)
    tell({
      level: 'warn',
      text: `${lost} packages are not in the store any more: they are fetched again when they are asked for`,
    });
  return count;
}
