import { rowOf } from '../row.js';
import type { Row, RowFacts } from '../row.js';
import { medianSeconds } from './rounds.js';
import type { Round } from './rounds.js';

/**
 * What remains of the distance through one peer, beside going `direct` and having everything in a `folder`, all of the same rounds.
 * @param facts its name is added the times to
 */
export function distanceRow(facts: RowFacts, rounds: readonly Round<string>[], peer: string): Row {
  const [through, direct, folder] = [peer, 'direct', 'folder'].map((one) => medianSeconds(rounds, one));
  return rowOf(
    { ...facts, name: `${facts.name} (${through} / ${direct}, folder ${folder})` },
    rounds.map((round) => shareOfDistance(round[peer], round['direct'], round['folder'])),
  );
}

/**
 * Of the time that going to the source costs over having everything here, the part that remains. All in milliseconds.
 * @param folderMs with everything here: the client's own work
 */
function shareOfDistance(throughMs = Number.NaN, directMs = Number.NaN, folderMs = Number.NaN): number {
  return (throughMs - folderMs) / (directMs - folderMs);
}
