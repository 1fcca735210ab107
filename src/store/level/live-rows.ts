import { heldBy, packageKeyOf, recordIn } from '../keys.js';
import type { Database } from './database.js';
import type { Generation } from './generation.js';
import type { LevelRow } from './package-record.js';
import { decodeRow } from './package-record.js';

const rowsAtATime = 64;

/** The packages with bytes in a generation, a few at a time. What changes meanwhile may be told as it was. */
export async function* liveRows(meta: Database<string>, { number }: Generation): AsyncGenerator<readonly LevelRow[]> {
  let after = heldBy(number).gt;
  for (;;) {
    // Not one long iteration: its snapshot would hold on to everything that changes meanwhile.
    const held: [record: number, identityKey: string][] = [];
    for await (const [key, value] of meta.entries({ ...heldBy(number), gt: after }, rowsAtATime)) {
      held.push([recordIn(key), value.toString()]);
      after = key;
    }
    if (held.length === 0) return;
    const rows = await meta.getMany(held.map(([, identityKey]) => packageKeyOf(identityKey)));
    yield held.flatMap(([record], at) => {
      const stored = rows[at];
      const row = stored && decodeRow(stored);
      return row?.location.record === record ? [row] : [];
    });
  }
}
