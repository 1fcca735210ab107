import test from 'ava';

import { packagesSchema, problemSchema } from '../../src/http/api/schemas.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { startLarder } from '../support/larder.js';
import { keep, samplePackage } from '../support/sample-package.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { askApi } from './api-answer.js';

async function storeWith(...ids: readonly string[]) {
  const store = new MemoryStore();
  for (const id of ids) await keep(store.packages, samplePackage(id, '1.0.0', 10));
  return store;
}

const nowhere = 'http://127.0.0.1:9/v3/index.json';

test('what came through is there: versions ascending, with size, source, hash and time', async (t) => {
  const source = await startScriptedSource({
    packages: [
      { id: 'Alpha.One', version: '10.0.0' },
      { id: 'Alpha.One', version: '9.0.0', listed: false },
      { id: 'Beta', version: '1.0.0' },
    ],
  });
  t.teardown(() => source.close());
  const larder = await startLarder(t, { sources: { origin: source } });
  t.deepEqual(await askApi(t, larder, 'packages', packagesSchema), { total: 0, items: [], next: null });
  for (const version of ['10.0.0', '9.0.0'])
    await larder.get(`v3/flat/alpha.one/${version}/alpha.one.${version}.nupkg`);
  const before = await askApi(t, larder, 'packages', packagesSchema);
  t.deepEqual(
    before.items[0]?.versions.map(({ version, listed }) => [version, listed]),
    [
      ['9.0.0', null],
      ['10.0.0', null],
    ],
  );
  await larder.get('v3/registration-semver2/alpha.one/index.json');
  const { total, items } = await askApi(t, larder, 'packages?q=ALPHA.', packagesSchema);
  t.is(total, 1);
  t.deepEqual(
    items[0]?.versions.map(({ version, listed }) => [version, listed]),
    [
      ['9.0.0', false],
      ['10.0.0', true],
    ],
  );
  const { bytes, sha512 } = source.package('Alpha.One', '10.0.0');
  t.like(items[0]?.versions[1], { bytes: bytes.length, source: 'origin', sha512 });
});

test('pages are in order of id, and an id goes by any part of it', async (t) => {
  const store = await storeWith('B', 'a.b', 'A', 'c', 'Nope');
  const larder = await startLarder(t, { sources: { 'nuget.org': nowhere }, store });
  const ids = async (query: string) => {
    const { total, items, next } = await askApi(t, larder, `packages${query}`, packagesSchema);
    return [total, items.map(({ id }) => id).join(' '), next];
  };
  t.deepEqual(await ids(''), [5, 'A a.b B c Nope', null]);
  t.deepEqual(await ids('?skip=1&take=2'), [5, 'a.b B', 'b']);
  t.deepEqual(await ids('?skip=4&take=2'), [5, 'Nope', null]);
  t.deepEqual(await ids('?skip=9'), [5, '', null]);
  t.deepEqual(await ids('?take=0'), [5, '', null]);
  t.deepEqual(await ids('?q=B'), [2, 'a.b B', null]);
  t.deepEqual(await ids('?q=no%20such'), [0, '', null]);
  t.deepEqual(await ids('?after=A.B&take=2'), [5, 'B c', 'c']);
});

test('who goes on behind the last id misses nothing when ids come and go', async (t) => {
  const store = await storeWith('b', 'd', 'f');
  const larder = await startLarder(t, { sources: { 'nuget.org': nowhere }, store });
  const first = await askApi(t, larder, 'packages?take=2', packagesSchema);
  t.is(first.next, 'd');
  await keep(store.packages, samplePackage('a', '1.0.0', 10));
  for await (const row of store.packages.list())
    if (row.identity.id.key === 'd') await store.packages.remove(row.identity);
  const second = await askApi(t, larder, `packages?take=2&after=${first.next ?? ''}`, packagesSchema);
  t.deepEqual(
    second.items.map(({ id }) => id),
    ['f'],
  );
});

test('more ids than are looked through in one turn are all found', async (t) => {
  const store = await storeWith('first', 'last');
  const many = Array.from({ length: 12_000 }, (_, i) => `id${i}`);
  for (const id of many) {
    const incoming = store.packages.begin();
    await incoming.commit(samplePackage(id, '1.0.0', 1).facts);
  }
  const larder = await startLarder(t, { sources: { 'nuget.org': nowhere }, store });
  t.is((await askApi(t, larder, 'packages', packagesSchema)).total, 12_002);
  const { total, items } = await askApi(t, larder, 'packages?q=id119&skip=110', packagesSchema);
  t.is(total, 111);
  t.deepEqual(
    items.map(({ id }) => id),
    ['id11999'],
  );
});

for (const query of ['skip=-1', 'take=x', 'skip=1e3', 'take=99999999999'])
  test(`/api/packages?${query} is no number`, async (t) => {
    const larder = await startLarder(t, { sources: { 'nuget.org': nowhere } });
    const reply = await larder.get(`api/packages?${query}`);
    t.is(reply.status, 400);
    t.is(problemSchema.parse(reply.json()).code, 'bad-request');
  });
