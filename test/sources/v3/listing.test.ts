import test from 'ava';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PackageId } from '../../../src/nuget/package-id.js';
import { listLeaves } from '../../../src/sources/v3/registration-listing.js';
import { listVersions } from '../../../src/sources/v3/version-list.js';

/** Turns of the event loop that others get while `work` runs. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  const running = { is: true };
  void work.then(() => (running.is = false));
  let turns = 0;
  for (; running.is; turns++) await nextTurn();
  return turns;
}

const versions = Array.from({ length: 10_000 }, (_, i) => `1.0.${i}`);

test('a long version list is read in slices, so that other work goes on', async (t) => {
  t.true((await turnsDuring(listVersions(versions))) >= 5);
});

test('many leaves are read in slices, so that other work goes on', async (t) => {
  const leaves = versions.map((version) => Buffer.from(JSON.stringify({ catalogEntry: { id: 'Alpha', version } })));
  const context = { id: PackageId.parse('Alpha'), isOwnAddress: () => false };
  t.true((await turnsDuring(listLeaves(leaves, context))) >= 150);
});
