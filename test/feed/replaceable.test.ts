import test from 'ava';

import { AbsentPackages } from '../../src/feed/absent-packages.js';
import { replaceable } from '../../src/feed/replaceable.js';
import type { FactStore, PackageRow } from '../../src/feed/store.js';
import { systemClock } from '../../src/ops/clock.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { keep, samplePackage } from '../support/sample-package.js';

async function start(offline = false) {
  const store = new MemoryStore();
  const row = await keep(store.packages, samplePackage('Serilog', '3.1.1', 10));
  const absent = new AbsentPackages(systemClock, 60_000);
  const readers = new Map([[row.source, { absent }]]);
  return { store, row, absent, isReplaceable: replaceable({ facts: store.facts, readers, offline }) };
}

const say = (facts: FactStore, row: PackageRow, versions: readonly string[] | 'missing') =>
  facts.write(
    { source: row.source, kind: 'versions', name: 'serilog' },
    {
      state: versions === 'missing' ? 'missing' : 'found',
      checkedAtMs: 0,
      validators: {},
      head: versions === 'missing' ? null : versions,
      parts: [],
    },
  );

test('a package is replaceable as long as nothing that its source said denies it', async (t) => {
  const { store, row, isReplaceable } = await start();
  t.true(await isReplaceable(row), 'its list was never read');
  await say(store.facts, row, ['3.1.0', '3.1.1']);
  t.true(await isReplaceable(row));
});

test('trap 30: what was deleted at its source is not replaceable', async (t) => {
  const { store, row, absent, isReplaceable } = await start();
  await say(store.facts, row, ['3.1.0']);
  t.false(await isReplaceable(row), 'the version is not in the list');
  await say(store.facts, row, 'missing');
  t.false(await isReplaceable(row), 'the source does not know the id');
  await say(store.facts, row, ['3.1.1']);
  t.true(await isReplaceable(row));
  absent.note(row.identity);
  t.false(await isReplaceable(row), 'its list has it, and its download was answered with "there is no such thing"');
});

test('nothing is replaceable that came from a source which is configured no more, or while offline', async (t) => {
  const { row, isReplaceable } = await start();
  t.false(await isReplaceable({ ...row, source: 'gone' }));
  const away = await start(true);
  t.false(await away.isReplaceable(away.row));
});
