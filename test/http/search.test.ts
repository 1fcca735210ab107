import { gunzipSync } from 'node:zlib';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderOptions } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript, ScriptedSource, SourceTraits } from '../support/scripted-source.js';
import { complete, search, shown, versions } from '../support/search.js';

async function source(t: ExecutionContext, packages: readonly PackageScript[], traits: Partial<SourceTraits> = {}) {
  const started = await startScriptedSource({ packages, traits });
  t.teardown(() => started.close());
  return started;
}

async function start(
  t: ExecutionContext,
  packages: Readonly<Record<string, readonly PackageScript[]>>,
  options: Omit<LarderOptions, 'sources'> = {},
) {
  const sources: Record<string, ScriptedSource> = {};
  for (const [name, scripts] of Object.entries(packages)) sources[name] = await source(t, scripts);
  const larder = await startLarder(t, { sources, ...options });
  return { larder, sources };
}

const numbered = (prefix: string, count: number): PackageScript[] =>
  Array.from({ length: count }, (_, place) => ({ id: `${prefix}.N${place}`, version: '1.0.0' }));

test('two sources are searched as one: each id once, versions united, the highest allowed one shown', async (t) => {
  const { larder } = await start(t, {
    inner: [
      { id: 'Json.Both', version: '2.0.0', entryExtras: { title: 'Inner' } },
      { id: 'Json.Inner', version: '1.0.0' },
    ],
    outer: [
      { id: 'Json.Outer', version: '1.0.0' },
      { id: 'json.both', version: '1.0.0' },
      { id: 'json.both', version: '2.0.0', entryExtras: { title: 'Outer' } },
      { id: 'json.both', version: '3.0.0-beta.1+build', entryExtras: { title: 'Outer' } },
    ],
  });
  const stable = await search(larder, 'q=json');
  t.deepEqual(versions(stable), ['Json.Both: 1.0.0 2.0.0', 'Json.Outer: 1.0.0', 'Json.Inner: 1.0.0']);
  t.is(stable.totalHits, 3);
  t.is(stable.data[0]?.['title'], 'Inner', 'who owns the version shown describes it');
  const all = await search(larder, 'q=json&prerelease=true&semVerLevel=2.0.0');
  t.deepEqual(shown(all).toSorted()[2], 'json.both 3.0.0-beta.1+build');
  const [both] = all.data.filter(({ id }) => id === 'json.both');
  t.is(both?.['title'], 'Outer');
  t.is(both?.versions.at(-1)?.version, both?.version);
});

test('trap 25: every version shown is among its versions, and hidden ones are in neither, whatever a source sends', async (t) => {
  const origin = await source(t, []);
  const hit = (id: string, version: string, all: readonly unknown[] | undefined) => ({ id, version, versions: all });
  origin.replace('query', {
    totalHits: 1,
    data: [
      hit('Semver', '2.0.0-a.b', [{ version: '1.0.0' }, { version: '1.1.0+meta' }, { version: '2.0.0-a.b' }]),
      hit('Pre', '1.0.0-beta', [{ version: '1.0.0-beta' }]),
      hit('Bare', '1.2', undefined),
      hit('Strange', '1.0.0', ['0.9', { version: 'not a version' }, { version: '0.09' }]),
      { id: 'not an id', version: '1.0.0' },
      { id: 'No.Version' },
    ],
  });
  const larder = await startLarder(t, { sources: { origin } });
  const found = await search(larder, 'q=x');
  t.deepEqual(versions(found), ['Semver: 1.0.0', 'Bare: 1.2.0', 'Strange: 0.9.0 1.0.0']);
  for (const { version, versions: all } of found.data) t.true(all.some((one) => one.version === version));
  t.true(found.totalHits >= found.data.length);
  t.deepEqual(versions(await search(larder, 'q=x&prerelease=true')), [
    'Semver: 1.0.0',
    'Pre: 1.0.0-beta',
    'Bare: 1.2.0',
    'Strange: 0.9.0 1.0.0',
  ]);
  t.deepEqual(shown(await search(larder, 'q=x&prerelease=true&semVerLevel=2.0.0'))[0], 'Semver 2.0.0-a.b');
  t.deepEqual(shown(await search(larder, 'q=x&semVerLevel=2.0.0'))[0], 'Semver 1.1.0+meta');
});

test('trap 16: SemVer2 packages are hidden unless asked for, and addresses lead into the hive that shows what is shown', async (t) => {
  const { larder } = await start(t, {
    origin: [
      { id: 'Lib', version: '1.0.0' },
      { id: 'Lib', version: '2.0.0+build' },
      { id: 'Only.Two', version: '1.0.0-a.1' },
    ],
  });
  const one = await search(larder, 'q=&prerelease=true');
  t.deepEqual(shown(one), ['Lib 1.0.0']);
  t.is(one.data[0]?.registration, `${larder.url}v3/registration/lib/index.json`);
  const two = await search(larder, 'q=&prerelease=true&semVerLevel=2.0.0');
  t.deepEqual(shown(two), ['Lib 2.0.0+build', 'Only.Two 1.0.0-a.1']);
  t.is(two.data[0]?.registration, `${larder.url}v3/registration-semver2/lib/index.json`);
  t.is(two.data[0]?.versions[1]?.['@id'], `${larder.url}v3/registration-semver2/lib/2.0.0.json`);
  for (const { versions: all } of [...one.data, ...two.data])
    for (const { '@id': leaf } of all) t.is((await larder.get(leaf.slice(larder.url.length))).status, 200);
});

test('trap 17: unlisted versions are in the flat list and in registration, and not in search or completion', async (t) => {
  const { larder } = await start(t, {
    origin: [
      { id: 'Lib', version: '1.0.0' },
      { id: 'Lib', version: '2.0.0', listed: false },
    ],
  });
  t.deepEqual(versions(await search(larder, 'q=lib')), ['Lib: 1.0.0']);
  t.deepEqual((await complete(larder, 'id=lib')).data, ['1.0.0']);
  t.deepEqual((await larder.get('v3/flat/lib/index.json')).json(), { versions: ['1.0.0', '2.0.0'] });
});

for (const [name, counts] of [
  ['one source', [150]],
  ['two sources with few results', [37, 25]],
  ['three sources with many results', [130, 61, 7]],
] as const)
  for (const take of [7, 20, 100])
    test(`pages of ${take} over ${name} hold every id once, under one total that is never too small`, async (t) => {
      const shared = numbered('Shared', 12);
      const packages = Object.fromEntries(
        counts.map((count, place) => [
          `source${place}`,
          place % 2 === 0 ? [...numbered(`S${place}`, count), ...shared] : [...shared, ...numbered(`S${place}`, count)],
        ]),
      );
      const { larder } = await start(t, packages, { clock: new ManualClock() });
      const expected = new Set(Object.values(packages).flatMap((all) => all.map(({ id }) => id)));
      const seen: string[] = [];
      const totals = new Set<number>();
      for (let skip = 0; ; skip += take) {
        const { data, totalHits } = await search(larder, `q=n&skip=${skip}&take=${take}`);
        totals.add(totalHits);
        t.true(totalHits >= skip + data.length || data.length === 0);
        seen.push(...data.map(({ id }) => id));
        if (data.length === 0) break;
        t.true(data.length === take || seen.length === expected.size, 'only the last page is short');
      }
      t.is(seen.length, expected.size, 'no id twice and none left out');
      t.deepEqual(seen.toSorted(), [...expected].toSorted());
      t.is(totals.size, 1, 'the total stays');
      t.true([...totals][0]! >= expected.size);
      if (counts.length === 1 || expected.size < 70)
        t.deepEqual([...totals], [expected.size], 'and is exact where it can be');
    });

test('trap 12: one question in several spellings is asked once, for as long as answers are fresh', async (t) => {
  const clock = new ManualClock();
  const { larder, sources } = await start(t, { origin: [{ id: 'Json', version: '1.0.0' }] }, { clock });
  const spellings = [
    'q=json&skip=0&take=20&prerelease=false&semVerLevel=1.0.0',
    'take=20&q=JSON',
    'Q=%20json%20%20&PreRelease=False&semVerLevel=',
    'q=json&supportedFramework=net8.0&semVerLevel=1.0.0&skip=&unknown=1',
  ];
  for (const [place, spelling] of spellings.entries()) {
    const reply = await larder.get(`v3/search?${spelling}`);
    t.is(reply.headers['x-cache'], place === 0 ? 'MISS' : 'HIT', spelling);
    t.is(reply.headers['x-larder-source'], 'origin');
    t.is(reply.headers['cache-control'], 'public, max-age=30');
    t.is(reply.headers['x-nuget-warning'], undefined);
  }
  t.is(sources['origin']?.count('/query'), 1);
  clock.advance(30_000);
  t.is((await larder.get(`v3/search?q=json`)).headers['x-cache'], 'MISS');
  t.is(sources['origin']?.count('/query'), 2);
});

test('many who ask the same at once are one request', async (t) => {
  const { larder, sources } = await start(t, { origin: [{ id: 'Json', version: '1.0.0' }] });
  const all = await Promise.all(Array.from({ length: 20 }, () => search(larder, 'q=json')));
  for (const one of all) t.deepEqual(shown(one), ['Json 1.0.0']);
  t.is(sources['origin']?.count('/query'), 1);
});

test('the answer is compressed, has validators, and HEAD gets its headers', async (t) => {
  const { larder } = await start(t, { origin: numbered('Lib', 10) });
  const reply = await larder.get('v3/search?q=lib', { 'accept-encoding': 'gzip' });
  t.is(reply.headers['content-encoding'], 'gzip');
  t.is((JSON.parse(gunzipSync(reply.body).toString()) as { totalHits: number }).totalHits, 10);
  const again = await larder.get('v3/search?q=lib', {
    'accept-encoding': 'gzip',
    'if-none-match': String(reply.headers['etag']),
  });
  t.is(again.status, 304);
  const head = await larder.get('v3/search?q=lib', {}, 'HEAD');
  t.is(head.status, 200);
  t.is(head.body.length, 0);
});

test('what cannot be answered is told as 400 with what is wrong', async (t) => {
  const { larder, sources } = await start(t, { origin: [] });
  for (const [query, about] of [
    ['skip=-1', /skip/],
    ['skip=x', /skip/],
    ['skip=3001', /3000/],
    ['take=1.5', /take/],
    ['take=ten', /take/],
    ['prerelease=maybe', /prerelease/],
    ['packageType=a%20b', /packageType/],
    [`q=${'x'.repeat(1025)}`, /1024/],
  ] as const) {
    const reply = await larder.get(`v3/search?${query}`);
    t.is(reply.status, 400, query);
    t.is(reply.json()['code'], 'bad-query', query);
    t.regex(String(reply.json()['detail']), about);
  }
  t.is((await larder.get('v3/autocomplete?id=not%20an%20id')).json()['code'], 'bad-id');
  t.is((await larder.get('feeds/nobody/v3/search?q=x')).status, 404);
  t.is(sources['origin']?.count('/query'), 0);
  t.is((await search(larder, 'take=5000')).data.length, 0, 'more than the most is the most');
  t.is((await search(larder, 'take=0')).data.length, 0);
});

test('package types are asked for and held to', async (t) => {
  const tool = { packageTypes: [{ name: 'DotnetTool' }] };
  const { larder, sources } = await start(t, {
    origin: [
      { id: 'Tool', version: '1.0.0', entryExtras: tool },
      { id: 'Lib', version: '1.0.0' },
    ],
  });
  t.deepEqual(shown(await search(larder, 'q=&packageType=dotnettool')), ['Tool 1.0.0']);
  t.deepEqual(shown(await search(larder, 'q=&packageTypeFilter=DotnetTool')), ['Tool 1.0.0']);
  t.true(sources['origin']?.requests.some(({ path }) => path.includes('packageType=dotnettool')));
});

test('a server that sends everything whatever the window, and one that caps its pages, are read to their ends', async (t) => {
  const everything = await source(t, []);
  const ids = numbered('Static', 45).map(({ id }) => id);
  everything.replace('query', { totalHits: 45, data: ids.map((id) => ({ id, version: '1.0.0' })) });
  const larder = await startLarder(t, { sources: { everything } });
  const seen: string[] = [];
  for (let skip = 0; skip < 60; skip += 20)
    seen.push(...(await search(larder, `q=static&skip=${skip}`)).data.map(({ id }) => id));
  t.deepEqual(seen, ids);
});

test('completion gives ids by their beginnings, from completion, from search where there is none, or from what is kept', async (t) => {
  const first = await source(t, [
    { id: 'Newtonsoft.Json', version: '1.0.0' },
    { id: 'Other', version: '1.0.0' },
  ]);
  const second = await source(
    t,
    [
      { id: 'News.Only', version: '1.0.0-beta' },
      { id: 'Has.Fewnew', version: '1.0.0' },
      { id: 'My.NewLib', version: '1.0.0' },
    ],
    { autocompleteTypes: [] },
  );
  const third = await source(t, [{ id: 'New.Kept', version: '1.0.0' }], { autocompleteTypes: [], searchTypes: [] });
  const larder = await startLarder(t, { sources: { first, second, third } });
  await larder.get('v3/registration/new.kept/index.json');
  const { data, totalHits } = await complete(larder, 'q=New&prerelease=true');
  t.deepEqual(data.toSorted(), ['My.NewLib', 'New.Kept', 'News.Only', 'Newtonsoft.Json']);
  t.is(totalHits, 4);
  t.deepEqual((await complete(larder, 'q=new&id=other')).data.length, 3, 'q counts where both are given');
  t.deepEqual((await complete(larder, 'q=new&take=1&skip=1')).data.length, 1);
});

test('completion gives the listed versions of an id over all sources, as the client wants them', async (t) => {
  const { larder } = await start(t, {
    inner: [{ id: 'Lib', version: '1.0.0', listed: false }],
    outer: ['1.0.0', '1.1.0', '2.0.0-beta', '3.0.0+meta'].map((version) => ({ id: 'Lib', version })),
  });
  t.deepEqual((await complete(larder, 'id=LIB')).data, ['1.1.0'], 'the first source owns 1.0.0 and hides it');
  t.deepEqual((await complete(larder, 'id=Lib&prerelease=true')).data, ['1.1.0', '2.0.0-beta']);
  t.deepEqual((await complete(larder, 'id=Lib&semVerLevel=2.0.0')).data, ['1.1.0', '3.0.0+meta']);
  t.deepEqual(await complete(larder, 'id=nobody'), {
    ...(await complete(larder, 'id=nobody')),
    totalHits: 0,
    data: [],
  });
});
