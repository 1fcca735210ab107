import test from 'ava';

import { registrationFact } from '../../src/feed/registration-fact.js';
import { KnownPackages } from '../../src/feed/known-package.js';
import { SearchIndex } from '../../src/feed/search-index.js';
import type { FactKey, FactStore } from '../../src/feed/store.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { readRegistrationLeaf } from '../../src/nuget/registration-leaf.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';

const query = (text: string) => ({ text, prerelease: false, semVer2: false });

/** Keeps what a source's registration says of an id. */
async function keep(facts: FactStore, source: string, id: string, versions: readonly string[]): Promise<FactKey> {
  const packageId = PackageId.parse(id);
  const leaves = versions.map((version) => {
    const entry = { id, version, description: `${id} does one thing and does it well`, tags: ['kept'] };
    const leaf = readRegistrationLeaf({ catalogEntry: entry }, { id: packageId, isOwnAddress: () => false });
    if (!leaf || 'unparsable' in leaf) throw new Error(`no leaf ${id} ${version}`);
    return leaf;
  });
  const { head, parts } = await registrationFact.keep({ leaves, unparsable: [] }, undefined, facts);
  const key: FactKey = { source, kind: 'registration', name: packageId.key };
  await facts.write(key, { state: 'found', checkedAtMs: 0, validators: {}, head, parts });
  return key;
}

const idsOf = (ids: readonly PackageId[]) => ids.map(({ text }) => text);

test('it is rebuilt from what is kept, in slices that leave the event loop to others', async (t) => {
  const { facts, packages } = new MemoryStore();
  const versions = Array.from({ length: 50 }, (_, n) => `1.${n}.0`);
  for (let n = 0; n < 1500; n++) await keep(facts, n % 2 === 0 ? 'a' : 'b', `Company.Product.Part${n}`, versions);
  const index = new SearchIndex(new KnownPackages(facts, packages), silentLog);
  let turns = 0;
  let isOver = false;
  const spin = () => {
    turns++;
    if (!isOver) setImmediate(spin);
  };
  setImmediate(spin);
  index.fill();
  t.deepEqual(index.find('a', query('part1')), [], 'nobody waits for it');
  await index.settled();
  isOver = true;
  t.true(turns > 10, `${turns} turns`);
  t.is(index.find('a', query('product')).length, 750);
  t.is(index.find('b', query('')).length, 750);
  t.deepEqual(idsOf(index.find('b', query('company.product.part7'))).slice(0, 1), ['Company.Product.Part7']);
  t.true(index.knows('a', PackageId.parse('company.product.part0')));
  t.false(index.knows('b', PackageId.parse('company.product.part0')));
  t.false(index.knowsAny('c'));
});

test('the newest word on an id replaces the one before, and "missing" takes it away', async (t) => {
  const { facts, packages } = new MemoryStore();
  const index = new SearchIndex(new KnownPackages(facts, packages), silentLog);
  const key = await keep(facts, 'a', 'Lib', ['1.0.0']);
  index.learn(key);
  await index.settled();
  t.deepEqual(idsOf(index.find('a', query('version:1.0.0'))), ['Lib']);
  await keep(facts, 'a', 'LIB', ['2.0.0']);
  index.learn(key);
  index.learn(key);
  await index.settled();
  t.deepEqual(idsOf(index.find('a', query('lib'))), ['LIB']);
  t.deepEqual(index.find('a', query('version:1.0.0')), []);
  await facts.write(key, { state: 'missing', checkedAtMs: 0, validators: {}, head: null, parts: [] });
  index.learn(key);
  await index.settled();
  t.deepEqual(index.find('a', query('lib')), []);
  t.false(index.knowsAny('a'));
});

test('a fact that cannot be read costs only itself', async (t) => {
  const { facts, packages } = new MemoryStore();
  const index = new SearchIndex(new KnownPackages(facts, packages), silentLog);
  const broken: FactKey = { source: 'a', kind: 'registration', name: 'broken' };
  await facts.write(broken, {
    state: 'found',
    checkedAtMs: 0,
    validators: {},
    head: [['1.0.0', 1, 0, 0, 3]],
    parts: [Buffer.from('{x}')],
  });
  index.learn(broken);
  index.learn(await keep(facts, 'a', 'Lib', ['1.0.0']));
  await index.settled();
  t.deepEqual(idsOf(index.find('a', query(''))), ['Lib']);
});

test('closing ends a rebuild', async (t) => {
  const { facts, packages } = new MemoryStore();
  for (let n = 0; n < 300; n++) await keep(facts, 'a', `Part${n}`, ['1.0.0']);
  const index = new SearchIndex(new KnownPackages(facts, packages), silentLog);
  index.fill();
  await index.close();
  index.learn(await keep(facts, 'a', 'Late', ['1.0.0']));
  await index.settled();
  t.deepEqual(index.find('a', query('late')), []);
});
