import test from 'ava';
import type { ExecutionContext } from 'ava';

import { MemoryStore } from '../../src/store/memory-store.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript, SourceTraits } from '../support/scripted-source.js';
import { complete, search, shown, versions } from '../support/search.js';

async function source(t: ExecutionContext, packages: readonly PackageScript[], traits: Partial<SourceTraits> = {}) {
  const started = await startScriptedSource({ packages, traits });
  t.teardown(() => started.close());
  return started;
}

const packages: readonly PackageScript[] = [
  { id: 'Newtonsoft.Json', version: '12.0.0', entryExtras: { tags: ['json'], title: 'Json.NET' } },
  {
    id: 'Newtonsoft.Json',
    version: '13.0.0',
    entryExtras: { tags: ['json'], description: 'A framework for everything' },
  },
  { id: 'Newtonsoft.Json', version: '14.0.0-beta.1', entryExtras: { tags: ['json'] } },
  { id: 'Newtonsoft.Json', version: '15.0.0', listed: false },
  {
    id: 'EntityFrameworkCore',
    version: '1.0.0',
    entryExtras: { tags: 'orm data', authors: 'Some One', owners: ['team'] },
  },
  { id: 'Json', version: '1.0.0', entryExtras: { packageTypes: [{ name: 'DotnetTool' }] } },
  { id: 'All.Unlisted', version: '1.0.0', listed: false },
];
const ids = ['newtonsoft.json', 'entityframeworkcore', 'json', 'all.unlisted'];

/** A Larder whose store knows the packages' registrations. */
async function warmed(t: ExecutionContext) {
  const origin = await source(t, packages);
  const store = new MemoryStore();
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { origin }, store, clock });
  for (const id of ids) await larder.get(`v3/registration/${id}/index.json`);
  return { origin, store, clock, larder };
}

test('while a source is away search gives what is kept of it, and says so', async (t) => {
  const { origin, larder } = await warmed(t);
  await origin.close();
  for (const query of ['q=json', 'q=json&skip=0&take=1']) {
    const reply = await larder.get(`v3/search?${query}`);
    t.is(reply.status, 200);
    t.is(reply.headers['x-cache'], 'STALE');
    t.regex(String(reply.headers['x-nuget-warning']), /origin/);
    t.is(reply.headers['cache-control'], 'public, max-age=0');
  }
  t.deepEqual(versions(await search(larder, 'q=json')), ['Json: 1.0.0', 'Newtonsoft.Json: 12.0.0 13.0.0']);
  t.is((await search(larder, 'q=json&take=1')).totalHits, 2);
  t.deepEqual(shown(await search(larder, 'q=nothing.such')), []);
});

test('a source that answers nonsense or hangs is one that is away', async (t) => {
  for (const fault of ['html', 'garbage', 'hang', 'truncate', 'error', 'not found'] as const) {
    const { origin, larder } = await warmed(t);
    if (fault === 'error') origin.replace('query', { error: 'try later' });
    else origin.fault('/query', fault === 'not found' ? { status: 404 } : fault);
    const reply = await larder.get('v3/search?q=json');
    t.is(reply.status, 200, fault);
    t.regex(String(reply.headers['x-nuget-warning']), /origin/, fault);
    t.is(reply.json<{ totalHits: number }>().totalHits, 2, fault);
  }
});

test('one source away leaves the others, with a warning that names it', async (t) => {
  const { larder: _, ...known } = await warmed(t);
  const other = await source(t, [{ id: 'Json.Other', version: '1.0.0' }]);
  const larder = await startLarder(t, { sources: { origin: known.origin, other }, store: known.store });
  await known.origin.close();
  const reply = await larder.get('v3/search?q=json');
  t.deepEqual(shown(reply.json()), ['Json 1.0.0', 'Json.Other 1.0.0', 'Newtonsoft.Json 13.0.0']);
  t.regex(String(reply.headers['x-nuget-warning']), /origin/);
  t.notRegex(String(reply.headers['x-nuget-warning']), /other/);
});

test('an outage is no empty result: where nothing is known of any source, the reason is told', async (t) => {
  const origin = await source(t, packages);
  const larder = await startLarder(t, { sources: { origin } });
  await origin.close();
  for (const path of ['v3/search?q=json', 'v3/autocomplete?q=json']) {
    const reply = await larder.get(path);
    t.is(reply.status, 503, path);
    t.is(reply.json()['code'], 'source-unreachable');
    t.is(reply.json()['source'], 'origin');
  }
  const offline = await startLarder(t, { sources: { origin }, config: { offline: true } });
  t.is((await offline.get('v3/search?q=json')).json()['code'], 'offline-miss');
});

test('offline, what is kept is searched after a restart, without a request to any source', async (t) => {
  const { origin, store } = await warmed(t);
  const larder = await startLarder(t, { sources: { origin }, store, config: { offline: true } });
  origin.requests.length = 0;
  const reply = await larder.get('v3/search?q=json');
  t.is(reply.headers['x-cache'], 'OFFLINE');
  t.regex(String(reply.headers['x-nuget-warning']), /origin/);
  t.deepEqual(shown(reply.json()), ['Json 1.0.0', 'Newtonsoft.Json 13.0.0']);
  t.deepEqual((await complete(larder, 'q=newton')).data, ['Newtonsoft.Json']);
  t.deepEqual((await complete(larder, 'id=newtonsoft.json')).data, ['12.0.0', '13.0.0']);
  t.is(origin.requests.length, 0);
});

test('our own search understands what nuget.org does', async (t) => {
  const { origin, store } = await warmed(t);
  const larder = await startLarder(t, { sources: { origin }, store, config: { offline: true } });
  const cases: readonly (readonly [query: string, ids: readonly string[]])[] = [
    ['', ['EntityFrameworkCore', 'Json', 'Newtonsoft.Json']],
    ['json', ['Json', 'Newtonsoft.Json']],
    ['newtonsoft.json', ['Newtonsoft.Json']],
    ['NEWTON', ['Newtonsoft.Json']],
    ['framework', ['EntityFrameworkCore', 'Newtonsoft.Json']],
    ['entity core', ['EntityFrameworkCore']],
    ['entityframework', ['EntityFrameworkCore']],
    ['packageid:json', ['Json']],
    ['packageid:newton', []],
    ['id:json', ['Json', 'Newtonsoft.Json']],
    ['id:json id:core', ['EntityFrameworkCore', 'Json', 'Newtonsoft.Json']],
    ['version:12.0.0', ['Newtonsoft.Json']],
    ['version:15.0.0', []],
    ['tags:orm', ['EntityFrameworkCore']],
    ['tags:"orm data"', ['EntityFrameworkCore']],
    ['tags:json framework', ['Newtonsoft.Json']],
    ['author:some', ['EntityFrameworkCore']],
    ['owner:team', ['EntityFrameworkCore']],
    ['title:json', ['Json', 'Newtonsoft.Json']],
    ['description:everything', ['Newtonsoft.Json']],
    ['"', []],
    ['tags:', ['EntityFrameworkCore', 'Json', 'Newtonsoft.Json']],
    ['all.unlisted', []],
  ];
  for (const [query, expected] of cases) {
    const { data } = await search(larder, `q=${encodeURIComponent(query)}`);
    t.deepEqual(data.map(({ id }) => id).toSorted(), [...expected].toSorted(), query);
  }
  t.is((await search(larder, 'q=json')).data[0]?.id, 'Json', 'the id itself comes first');
  t.deepEqual(shown(await search(larder, 'q=&packageType=DotnetTool')), ['Json 1.0.0']);
  const beta = await search(larder, 'q=newtonsoft&prerelease=true&semVerLevel=2.0.0');
  t.deepEqual(versions(beta), ['Newtonsoft.Json: 12.0.0 13.0.0 14.0.0-beta.1']);
  t.is(beta.data[0]?.version, '14.0.0-beta.1');
  const [stable] = (await search(larder, 'q=newtonsoft')).data;
  t.is(stable?.['description'], 'A framework for everything', 'the version shown is described');
});

test('trap 35: a source that has no search is searched in what is kept, kept up with what becomes known', async (t) => {
  const origin = await source(t, packages, { searchTypes: [], autocompleteTypes: [] });
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { origin }, clock });
  t.deepEqual((await search(larder, 'q=json')).data, []);
  await larder.get('v3/registration/json/index.json');
  const reply = await larder.get('v3/search?q=json');
  t.deepEqual(shown(reply.json()), ['Json 1.0.0']);
  t.is(reply.headers['x-nuget-warning'], undefined, 'nothing is amiss');
  origin.add({ id: 'Json', version: '2.0.0' });
  clock.advance(300_000);
  await larder.get('v3/registration/json/index.json');
  t.deepEqual(shown(await search(larder, 'q=json')), ['Json 2.0.0']);
  origin.remove('Json');
  clock.advance(300_000);
  await larder.get('v3/registration/json/index.json');
  t.deepEqual(shown(await search(larder, 'q=json')), [], 'gone at the source, gone from search');
});

test('a feed finds what its own sources have, and nothing else that is kept', async (t) => {
  const a = await source(t, [{ id: 'Json.A', version: '1.0.0' }], { searchTypes: [] });
  const b = await source(t, [{ id: 'Json.B', version: '1.0.0' }], { searchTypes: [] });
  const larder = await startLarder(t, {
    sources: { a, b },
    config: { feeds: [{ name: 'default' }, { name: 'only-b', sources: ['b'] }] },
  });
  await larder.get('v3/registration/json.a/index.json');
  await larder.get('v3/registration/json.b/index.json');
  t.deepEqual(shown(await search(larder, 'q=json')).toSorted(), ['Json.A 1.0.0', 'Json.B 1.0.0']);
  const only = await search(larder, 'q=json', 'feeds/only-b/v3/');
  t.deepEqual(shown(only), ['Json.B 1.0.0']);
  t.true(only.data[0]?.registration.startsWith(`${larder.url}feeds/only-b/v3/`));
});

test('packages of a restore, of which no registration was ever asked, are found by what they say of themselves', async (t) => {
  const packages = [
    { id: 'Quiet.Lib', version: '1.0.0', nuspecExtras: '<tags>needle hay</tags>' },
    { id: 'Quiet.Lib', version: '1.1.0-beta', nuspecExtras: '<tags>needle</tags>' },
  ];
  const quiet = await source(t, packages, { searchTypes: [], autocompleteTypes: [] });
  const store = new MemoryStore();
  const larder = await startLarder(t, { sources: { quiet }, store });
  for (const version of ['1.0.0', '1.1.0-beta'])
    await larder.get(`v3/flat/quiet.lib/${version}/quiet.lib.${version}.nupkg`);
  const found = async (from: LarderUnderTest, query: string) => {
    const { data } = (await from.get(`v3/search?q=${query}`)).json<{
      data: { id: string; version: string; versions: { version: string }[] }[];
    }>();
    return data.map(({ id, version, versions }) => [id, version, versions.length]);
  };
  t.deepEqual(await found(larder, 'needle'), [['Quiet.Lib', '1.0.0', 1]]);
  t.deepEqual(await found(larder, 'needle&prerelease=true'), [['Quiet.Lib', '1.1.0-beta', 2]]);

  await quiet.close();
  const later = await startLarder(t, { sources: { quiet }, store, config: { offline: true } });
  t.deepEqual(await found(later, 'quiet'), [['Quiet.Lib', '1.0.0', 1]], 'after a restart, offline');
});
