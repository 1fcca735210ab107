import test from 'ava';
import fc from 'fast-check';
import type { Store } from '../../../src/feed/store.js';
import { PackageId } from '../../../src/nuget/package-id.js';
import { KnownVersions } from '../../../src/store/level/known-versions.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import type { LevelRow } from '../../../src/store/level/package-record.js';
import { makeRow } from '../../../src/store/level/package-record.js';
import { keep, samplePackage } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const ids = ['Alpha', 'Alpha.Beta', 'Gamma'];
const step = fc.record({
  does: fc.constantFrom('keep', 'keep', 'remove', 'purge', 'ask'),
  id: fc.constantFrom(...ids),
  version: fc.constantFrom('1.0.0', '2.0.0', '3.0.0-rc'),
});

/** The index as it is on the disk: rows by id. */
async function listed({ packages }: Store): Promise<Record<string, string[]>> {
  const rows = Object.fromEntries(ids.map((id) => [id, [] as string[]]));
  for await (const { identity, location } of packages.list())
    rows[identity.id.toString()]?.push(`${identity.key} ${JSON.stringify(location)}`);
  return rows;
}

async function asked({ packages }: Store): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const id of ids)
    rows[id] = (await packages.versionsOf(PackageId.parse(id)))
      .map(({ identity, location }) => `${identity.key} ${JSON.stringify(location)}`)
      .sort();
  return rows;
}

test('the rows of an id are those that the index has, whatever comes and goes side by side, after a restart too', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { minLength: 3, maxLength: 6 }), async (turns) => {
      const path = await temporaryDirectory(t);
      let store = await openLevelStore(path, { now: Date.now });
      try {
        for (const [turn, steps] of turns.entries()) {
          await Promise.all(
            steps.map(async ({ does, id, version }) => {
              const sample = samplePackage(id, version, 10);
              if (does === 'ask') await store.packages.versionsOf(sample.facts.identity.id);
              else if (does === 'remove') await store.packages.remove(sample.facts.identity);
              else if (does === 'purge') await store.packages.purge(sample.facts.identity);
              // Other bytes than those that it is pinned to are refused.
              else await keep(store.packages, sample).catch(() => undefined);
            }),
          );
          t.deepEqual(await asked(store), await listed(store));
          if (turn !== 1) continue;
          await store.close();
          store = await openLevelStore(path, { now: Date.now });
          t.deepEqual(await asked(store), await listed(store));
        }
      } finally {
        await store.close();
      }
    }),
    { numRuns: 15 },
  );
});

function row(version: string, record = 1): LevelRow {
  return makeRow(samplePackage('Alpha', version, 0).facts, 10, { record, chunkBytes: 10, runs: [] });
}

const versionsIn = (known: KnownVersions) => known.of('alpha')?.map(({ identity }) => identity.version.key);

test('an id of which something else may be kept is not known, until all its rows were read', (t) => {
  const known = new KnownVersions();
  known.came(row('1.0.0'), false);
  t.is(versionsIn(known), undefined);
  known.learn('alpha', [row('0.1.0'), row('1.0.0')]);
  known.came(row('2.0.0'), false);
  t.deepEqual(versionsIn(known), ['0.1.0', '1.0.0', '2.0.0']);
  known.went(row('1.0.0'));
  t.deepEqual(versionsIn(known), ['0.1.0', '2.0.0']);
});

test('the first row of an id is all there is, and a later copy takes the place of the former', (t) => {
  const known = new KnownVersions();
  known.came(row('1.0.0', 1), true);
  known.came(row('1.0.0', 2), false);
  t.deepEqual(
    known.of('alpha')?.map(({ location }) => location.record),
    [2],
  );
});

test('once a write failed nothing is taken for all there is', (t) => {
  const known = new KnownVersions();
  known.came(row('1.0.0'), true);
  known.doubt('alpha');
  t.is(versionsIn(known), undefined);
  known.came(row('2.0.0'), true);
  t.is(versionsIn(known), undefined, 'that failed write may have left its row');
  known.learn('alpha', [row('1.0.0'), row('2.0.0')]);
  t.deepEqual(versionsIn(known), ['1.0.0', '2.0.0']);
});

test('an id with very many rows is left to the index', (t) => {
  const known = new KnownVersions();
  known.learn('alpha', Array(2_001).fill(row('1.0.0')));
  t.is(versionsIn(known), undefined);
});
