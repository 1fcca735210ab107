import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { Status } from '../../src/feed/insight.js';
import { eventually } from '../support/eventually.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderOptions, LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript, ScriptedSource, ScriptedSourceOptions } from '../support/scripted-source.js';

const on = { prefetch: { closure: true } };
/** What hangs holds its place. */
const patient = { timeouts: { headers: '1m', idle: '1m' } };

async function startSource(t: ExecutionContext, options: ScriptedSourceOptions): Promise<ScriptedSource> {
  const source = await startScriptedSource(options);
  t.teardown(() => source.close());
  return source;
}

async function start(t: ExecutionContext, packages: readonly PackageScript[], options: Partial<LarderOptions> = {}) {
  const source = await startSource(t, { packages });
  const larder = await startLarder(t, { sources: { here: source }, config: on, ...options });
  return { source, larder };
}

const list = (id: string) => `v3/flat/${id.toLowerCase()}/index.json`;
const nupkg = (id: string, version = '1.0.0') =>
  `v3/flat/${id.toLowerCase()}/${version}/${id.toLowerCase()}.${version}.nupkg`;

const prefetchOf = async (larder: LarderUnderTest) => (await larder.get('api/status')).json<Status>().prefetch;

/** Nothing is on its way any more, and nothing new was asked meanwhile. */
async function atRest(larder: LarderUnderTest, source: ScriptedSource): Promise<void> {
  let before = -1;
  await eventually(
    async () => ({ ...(await prefetchOf(larder)), asked: source.requests.length }),
    ({ pending, asked }) => {
      const isStill = pending === 0 && asked === before;
      before = asked;
      return isStill;
    },
  );
}

/** `Root` → `A` → `B` → … , each one version above what its dependent wants at least. */
const chain: readonly PackageScript[] = [
  { id: 'Root', version: '1.0.0', dependencies: { A: '1.0.0' } },
  { id: 'A', version: '1.0.0', dependencies: { B: '[1.0.0, 2.0.0)' } },
  { id: 'A', version: '2.0.0', dependencies: { Unwanted: '1.0.0' } },
  { id: 'B', version: '1.0.0', dependencies: { C: '[1.0.0]', Root: '1.0.0' } },
  { id: 'C', version: '1.0.0' },
  { id: 'Unwanted', version: '1.0.0' },
];

test('a package brings everything that it depends on, lists and packages, and the next requests cost the source nothing', async (t) => {
  const { source, larder } = await start(t, chain);
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.requests.map(({ path }) => path),
    (paths) => paths.some((path) => path.endsWith('/c.1.0.0.nupkg')),
  );
  await atRest(larder, source);
  source.requests.length = 0;
  for (const id of ['A', 'B', 'C']) {
    const [listed, fetched] = [await larder.get(list(id)), await larder.get(nupkg(id))];
    t.is(listed.headers['x-cache'], 'HIT', `list of ${id}`);
    t.is(fetched.headers['x-cache'], 'HIT', `package of ${id}`);
    t.deepEqual(fetched.body, source.package(id, '1.0.0').bytes);
  }
  t.deepEqual(source.requests, []);
  t.is(source.count('unwanted'), 0);
  const { useful, wasted, pending } = await prefetchOf(larder);
  t.deepEqual({ wasted, pending }, { wasted: 0, pending: 0 });
  t.is(useful, 6, 'three lists and three packages; those of Root were asked for by the client');
});

test('an exact version that is not there is no failure: the list tells which one is', async (t) => {
  const { source, larder } = await start(t, [
    { id: 'Root', version: '1.0.0', dependencies: { Gap: '1.1.0' } },
    { id: 'Gap', version: '1.0.0' },
    { id: 'Gap', version: '1.2.0' },
  ]);
  await larder.get(nupkg('Root'));
  await eventually(
    () => prefetchOf(larder),
    ({ pending }) => pending === 0,
  );
  await atRest(larder, source);
  t.is(source.count('/gap.1.0.0.nupkg'), 0);
  t.is((await larder.get(nupkg('Gap', '1.1.0'))).status, 404, 'as it is');
  source.add({ id: 'Gap', version: '1.1.0' });
  t.is((await larder.get(nupkg('Gap', '1.1.0'))).status, 404, 'the client asked, so it is remembered');
});

test('what a guess did not find is not remembered: a client who asks for it is told what is so then', async (t) => {
  const { source, larder } = await start(t, [
    { id: 'Root', version: '1.0.0', dependencies: { Late: '1.0.0' } },
    { id: 'Other', version: '1.0.0' },
  ]);
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('/late/'),
    (count) => count >= 2,
  );
  await atRest(larder, source);
  source.add({ id: 'Late', version: '1.0.0' });
  t.is((await larder.get(list('Late'))).status, 200);
  t.is((await larder.get(nupkg('Late'))).status, 200);
});

test('without prefetch.closure nothing is fetched ahead', async (t) => {
  const { source, larder } = await start(t, chain, { config: { prefetch: { closure: false } } });
  await larder.get(list('Root'));
  await larder.get(nupkg('Root'));
  await atRest(larder, source);
  t.is(source.count('/a/'), 0);
  t.deepEqual(await prefetchOf(larder), { useful: 0, wasted: 0, pending: 0 });
});

test('of what nobody waits for, prefetch.maxConcurrent requests are under way at the most, and a client is let past them', async (t) => {
  const ids = Array.from({ length: 12 }, (_, at) => `Dep${at}`);
  const { source, larder } = await start(
    t,
    [
      { id: 'Root', version: '1.0.0', dependencies: Object.fromEntries(ids.map((id) => [id, '1.0.0'])) },
      ...ids.map((id) => ({ id, version: '1.0.0' })),
    ],
    { source: patient, config: { prefetch: { closure: true, maxConcurrent: 3 } } },
  );
  source.fault(/\/dep/, 'hang');
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count(/\/dep/),
    (count) => count === 3,
  );
  await eventually(
    () => prefetchOf(larder),
    ({ pending }) => pending >= 12,
  );
  t.is(source.count(/\/dep/), 3);
  source.clearFaults();
  const answers = await Promise.all(ids.map((id) => larder.get(list(id))));
  t.deepEqual(
    answers.map(({ status }) => status),
    ids.map(() => 200),
  );
});

test('a client that asks for what waits in line as a guess does not wait behind the others', async (t) => {
  const ids = ['Dep1', 'Dep2', 'Dep3', 'Dep4'];
  const { source, larder } = await start(
    t,
    [
      { id: 'Root', version: '1.0.0', dependencies: Object.fromEntries(ids.map((id) => [id, '1.0.0'])) },
      ...ids.map((id) => ({ id, version: '1.0.0' })),
    ],
    { source: patient, config: { prefetch: { closure: true, maxConcurrent: 1 } } },
  );
  source.fault(/\/dep1\//, 'hang');
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('/dep1/'),
    (count) => count === 1,
  );
  const answer = await larder.get(nupkg('Dep4'));
  t.is(answer.status, 200);
  t.is(source.count('/dep4.1.0.0.nupkg'), 1, 'it was the one that waited');
});

test('with guesses a source is never asked more at a time than it may be', async (t) => {
  const ids = Array.from({ length: 10 }, (_, at) => `Dep${at}`);
  const { source, larder } = await start(
    t,
    [
      { id: 'Root', version: '1.0.0', dependencies: Object.fromEntries(ids.map((id) => [id, '1.0.0'])) },
      ...ids.map((id) => ({ id, version: '1.0.0' })),
    ],
    { source: { ...patient, maxConcurrent: 4 }, config: { prefetch: { closure: true, maxConcurrent: 50 } } },
  );
  source.fault(/\/dep/, 'hang');
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count(/\/dep/),
    (count) => count === 3,
  );
  for (const id of ids) larder.get(list(id)).catch(() => undefined);
  await eventually(
    async () => source.count(/\/dep/),
    (count) => count === 4,
  );
  t.is(source.count(/\/dep/), 4);
});

test('an id that belongs to another source is asked of nobody else, and one of no source of the feed of nobody at all', async (t) => {
  const internal = await startSource(t, { packages: [{ id: 'Corp.Secret', version: '1.0.0' }] });
  const elsewhere = await startSource(t, { packages: [{ id: 'Elsewhere.Part', version: '1.0.0' }] });
  const open = await startSource(t, {
    packages: [
      {
        id: 'Root',
        version: '1.0.0',
        dependencies: { 'Corp.Secret': '1.0.0', 'Elsewhere.Part': '1.0.0', Leaf: '1.0.0' },
      },
      { id: 'Corp.Secret', version: '1.0.0' },
      { id: 'Elsewhere.Part', version: '1.0.0' },
      { id: 'Leaf', version: '1.0.0' },
    ],
  });
  const larder = await startLarder(t, {
    sources: { internal, open, elsewhere },
    sourceSettings: { internal: { packages: ['Corp.*'] }, elsewhere: { packages: ['Elsewhere.*'] } },
    config: { ...on, feeds: [{ name: 'default', sources: ['internal', 'open'] }] },
  });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => internal.count('.nupkg') + open.count('/leaf.1.0.0.nupkg'),
    (count) => count === 2,
  );
  await atRest(larder, open);
  t.is(open.count('corp.secret'), 0);
  t.is(open.count('elsewhere'), 0);
  t.is(elsewhere.requests.length, 0);
  t.is(internal.count('corp.secret') > 0 && internal.count('root'), 0);
});

test('where several sources may have an id, the owner is asked, as for a client', async (t) => {
  const first = await startSource(t, { packages: [{ id: 'Part', version: '2.0.0' }] });
  const second = await startSource(t, {
    packages: [
      { id: 'Root', version: '1.0.0', dependencies: { Part: '1.0.0' } },
      { id: 'Part', version: '1.0.0' },
    ],
  });
  const larder = await startLarder(t, { sources: { first, second }, config: on });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => second.count('/part.1.0.0.nupkg'),
    (count) => count === 1,
  );
  await atRest(larder, second);
  t.is(first.count('.nupkg'), 0);
  const answer = await larder.get(nupkg('Part'));
  t.is(answer.headers['x-cache'], 'HIT');
  t.is(answer.headers['x-larder-source'], 'second');
});

test('a wide package is followed to a bound, a circle once, and texts that are no names are passed over', async (t) => {
  const many = Array.from({ length: 700 }, (_, at) => `Wide.Part${at}`);
  const { source, larder } = await start(t, [
    {
      id: 'Root',
      version: '1.0.0',
      dependencies: {
        ...{ '../../etc': '1.0.0', 'a//b?c': '1.0.0', 'Odd.Range': 'latest', Root: '1.0.0' },
        ...Object.fromEntries(many.map((id) => [id, '1.0.0'])),
      },
    },
  ]);
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('wide.part'),
    (count) => count >= 300,
  );
  await atRest(larder, source);
  t.true(source.count(/^\/v3-flatcontainer\/wide\.part/) <= 400, 'lists and packages together');
  t.is(source.count('etc'), 0);
  t.is(source.count('a//b'), 0);
  t.is(source.count('/odd.range/'), source.count('/odd.range/index.json'), 'no version can be guessed');
  t.is(source.count('/root.1.0.0.nupkg'), 1);
});

test('a source that fails guesses does not count as away, and the client finds out itself', async (t) => {
  const ids = ['Dep1', 'Dep2', 'Dep3', 'Dep4', 'Dep5'];
  const { source, larder } = await start(t, [
    { id: 'Root', version: '1.0.0', dependencies: Object.fromEntries(ids.map((id) => [id, '1.0.0'])) },
    ...ids.map((id) => ({ id, version: '1.0.0' })),
  ]);
  source.fault(/\/dep/, { status: 500 });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count(/\/dep/),
    (count) => count >= 10,
  );
  await atRest(larder, source);
  source.clearFaults();
  t.is((await larder.get('api/sources')).json<{ state: string }[]>()[0]?.state, 'up');
  for (const id of ids) {
    t.is((await larder.get(list(id))).status, 200);
    t.is((await larder.get(nupkg(id))).status, 200);
  }
});

test('who joins a guess that then fails is not told of it: it is asked again', async (t) => {
  const { source, larder } = await start(t, [
    { id: 'Root', version: '1.0.0', dependencies: { Dep: '1.0.0' } },
    { id: 'Dep', version: '1.0.0' },
  ]);
  source.fault(/\/dep\//, { status: 500 }, { times: 2 });
  source.fault(/\/dep\//, { delayMs: 400 }, { times: 0 });
  await larder.get(nupkg('Root'));
  const [listed, fetched] = await Promise.all([larder.get(list('Dep')), larder.get(nupkg('Dep'))]);
  t.is(listed.status, 200);
  t.is(fetched.status, 200);
});

test('a source that asks to be left alone is not asked by guess', async (t) => {
  const { source, larder } = await start(t, chain);
  source.fault('/a/', { status: 429, headers: { 'retry-after': '30' } });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('/a/'),
    (count) => count > 0,
  );
  await atRest(larder, source);
  source.clearFaults();
  const { length } = source.requests;
  await larder.get(nupkg('Root'));
  await atRest(larder, source);
  t.is(source.requests.length, length);
});

test('offline nothing is fetched', async (t) => {
  const source = await startSource(t, { packages: chain });
  const larder = await startLarder(t, { sources: { here: source }, config: { ...on, offline: true } });
  await larder.get(list('Root'));
  await larder.get(nupkg('Root'));
  t.deepEqual(await prefetchOf(larder), { useful: 0, wasted: 0, pending: 0 });
  t.is(source.requests.length, 0);
});

test('a large package waits until it is asked for', async (t) => {
  const { source, larder } = await start(t, [
    { id: 'Root', version: '1.0.0', dependencies: { Huge: '1.0.0' } },
    { id: 'Huge', version: '1.0.0', fillerBytes: 34_000_000 },
  ]);
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('/huge.1.0.0.nupkg'),
    (count) => count === 1,
  );
  await atRest(larder, source);
  const answer = await larder.get(nupkg('Huge'));
  t.is(answer.headers['x-cache'], 'MISS');
  t.true(answer.body.equals(source.package('Huge', '1.0.0').bytes));
  t.is(source.count('/huge.1.0.0.nupkg'), 2);
});

test('what nobody asks for counts as wasted after ten minutes', async (t) => {
  const clock = new ManualClock();
  const { source, larder } = await start(t, chain, { clock });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('/c.1.0.0.nupkg'),
    (count) => count === 1,
  );
  await atRest(larder, source);
  clock.advance(600_000);
  t.deepEqual(
    await prefetchOf(larder),
    { useful: 0, wasted: 7, pending: 0 },
    'four lists, that of Root too, and three packages',
  );
  t.is((await larder.get(nupkg('C'))).status, 200);
  t.deepEqual(await prefetchOf(larder), { useful: 1, wasted: 6, pending: 0 });
});

test('what was looked at lately is not looked at again', async (t) => {
  const { source, larder } = await start(t, chain, { clock: new ManualClock() });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count('/c.1.0.0.nupkg'),
    (count) => count === 1,
  );
  await atRest(larder, source);
  const { length } = source.requests;
  for (let time = 1; time <= 3; time++) {
    await larder.get(nupkg('Root'));
    await larder.get(list('A'));
  }
  await atRest(larder, source);
  t.is(source.requests.length, length);
});

test('a restore from what is kept has its lists refreshed together, down to the last', async (t) => {
  const clock = new ManualClock();
  const { source, larder } = await start(t, chain, { clock });
  for (const id of ['Root', 'A', 'B', 'C']) {
    await larder.get(list(id));
    await larder.get(nupkg(id));
  }
  await atRest(larder, source);
  clock.advance(61_000);
  source.requests.length = 0;
  await larder.get(list('Root'));
  await eventually(
    async () => source.count('/c/index.json'),
    (count) => count === 1,
  );
  await atRest(larder, source);
  t.is(source.count('.nupkg'), 0);
  source.requests.length = 0;
  for (const id of ['A', 'B', 'C']) t.is((await larder.get(list(id))).headers['x-cache'], 'HIT');
  t.deepEqual(source.requests, []);
});

test('the registration of what a restore begins with is asked beside its list, and tells what comes next', async (t) => {
  const { source, larder } = await start(t, chain);
  await larder.get(list('B'));
  await eventually(
    async () => source.count('/c/index.json'),
    (count) => count > 0,
  );
  await atRest(larder, source);
  t.is(source.count('.nupkg'), 0, 'no version was asked for');
  source.requests.length = 0;
  await larder.get(nupkg('B'));
  await atRest(larder, source);
  t.is(source.count(/registration.*\/b\/1\.0\.0\.json/), 0, 'where its details are was told too');
  t.is(source.count('/c.1.0.0.nupkg'), 1);
});

test('it closes at once with guesses under way', async (t) => {
  const ids = Array.from({ length: 50 }, (_, at) => `Dep${at}`);
  const { source, larder } = await start(t, [
    { id: 'Root', version: '1.0.0', dependencies: Object.fromEntries(ids.map((id) => [id, '1.0.0'])) },
    ...ids.map((id) => ({ id, version: '1.0.0' })),
  ]);
  source.fault(/\/dep/, { delayMs: 60_000 });
  await larder.get(nupkg('Root'));
  await eventually(
    async () => source.count(/\/dep/),
    (count) => count > 0,
  );
  const beganAtMs = performance.now();
  await larder.shutdown();
  t.true(performance.now() - beganAtMs < 10_000);
});
