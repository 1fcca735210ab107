import { Writable } from 'node:stream';

import test from 'ava';

import { serve } from '../../src/compose.js';
import { configSchema } from '../../src/config/schema.js';
import { createLog, silentLog } from '../../src/ops/log.js';
import { getter, ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';
import { MemoryStore } from '../../src/store/memory-store.js';

interface Index {
  readonly items: readonly { readonly items: readonly { readonly catalogEntry: Entry }[] }[];
}
interface Entry {
  readonly id: string;
  readonly version: string;
  readonly listed: boolean;
  readonly description?: string;
}

async function scripted(t: Parameters<typeof startLarder>[0], packages: readonly PackageScript[], like?: 'odd') {
  const source = await startScriptedSource({ packages, ...(like && { like }) });
  t.teardown(() => source.close());
  return source;
}

const nupkg = (version: string, feed = '') => `${feed}v3/flat/alpha/${version}/alpha.${version}.nupkg`;
const listOf = async (larder: LarderUnderTest, feed = '') => {
  const reply = await larder.get(`${feed}v3/flat/alpha/index.json`);
  return reply.status === 200 ? reply.json<{ versions: string[] }>().versions : reply.status;
};
const entriesOf = async (larder: LarderUnderTest, feed = '') => {
  const reply = await larder.get(`${feed}v3/registration-semver2/alpha/index.json`);
  return reply.status === 200
    ? reply.json<Index>().items.flatMap(({ items }) => items.map(({ catalogEntry }) => catalogEntry))
    : reply.status;
};
const alpha = (version: string, maker: string, more: Partial<PackageScript> = {}): PackageScript => ({
  id: 'Alpha',
  version,
  files: { 'maker.txt': maker },
  entryExtras: { description: maker },
  ...more,
});
const hourMs = 3_600_000;

test('one version in two sources is that of the first: list, registration, package and nuspec', async (t) => {
  const near = await scripted(t, [alpha('1.0', 'near', { id: 'ALPHA' }), alpha('3.0.0', 'near')]);
  const far = await scripted(t, [alpha('1.0.0+meta', 'far'), alpha('2.0.0', 'far')]);
  const larder = await startLarder(t, { sources: { near, far } });
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0', '3.0.0']);
  const entries = (await entriesOf(larder)) as Entry[];
  t.deepEqual(
    entries.map(({ version, description }) => `${version} ${description}`),
    ['1.0.0 near', '2.0.0 far', '3.0.0 near'],
  );
  const got = await larder.get(nupkg('1.0.0'));
  t.true(got.body.equals(near.package('ALPHA', '1.0').bytes));
  t.regex((await larder.get('v3/flat/alpha/1.0.0/alpha.nuspec')).text(), /<id>ALPHA<\/id>/);
  t.is(far.count('.nupkg'), 0);
});

test('what only a registration has is not shown: nothing says that its package can be had', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'near'), alpha('2.0.0', 'near')]);
  near.replace('v3-flatcontainer/alpha/index.json', { versions: ['1.0.0'] });
  const far = await scripted(t, [alpha('2.0.0', 'far')]);
  const larder = await startLarder(t, { sources: { near, far } });
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0']);
  t.deepEqual(
    ((await entriesOf(larder)) as Entry[]).map(({ version, description }) => `${version} ${description}`),
    ['1.0.0 near', '2.0.0 far'],
  );
  t.is((await larder.get(nupkg('2.0.0'))).headers['x-larder-source'], 'far');
});

test('trap 29: a version whose package the source denies goes from list and registration at once, and comes back later', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'near'), alpha('2.0.0', 'near')]);
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { near }, clock });
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0']);
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0'], 'from memory');
  near.fault('alpha.2.0.0.nupkg', { status: 404 });
  t.is((await larder.get(nupkg('2.0.0'))).status, 404);
  t.deepEqual(await listOf(larder), ['1.0.0']);
  t.deepEqual(
    ((await entriesOf(larder)) as Entry[]).map(({ version }) => version),
    ['1.0.0'],
  );
  near.clearFaults();
  clock.advance(31_000);
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0']);
  near.fault('alpha.2.0.0.nupkg', { status: 500 });
  t.is((await larder.get(nupkg('2.0.0'))).status, 502);
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0'], 'a failure is no absence');
});

test('a package that its first source denies comes from the next that lists it', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'near')]);
  const far = await scripted(t, [alpha('1.0.0', 'far')]);
  near.fault('.nupkg', { status: 404 });
  const larder = await startLarder(t, { sources: { near, far } });
  const got = await larder.get(nupkg('1.0.0'));
  t.is(got.headers['x-larder-source'], 'far');
  t.true(got.body.equals(far.package('Alpha', '1.0.0').bytes));
  t.is(((await entriesOf(larder)) as Entry[])[0]?.description, 'far');
});

test('deleted at the source: what is held stays, unlisted, and restores on; what is not held goes', async (t) => {
  const near = await scripted(t, [
    alpha('1.0.0', 'near', { dependencies: { Other: '[1.0.0, )' } }),
    alpha('1.1.0', 'near'),
    alpha('2.0.0', 'near'),
  ]);
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { near }, clock });
  const { body } = await larder.get(nupkg('1.0.0'));
  for (const left of [['2.0.0'], []]) {
    near.remove('Alpha', '1.0.0');
    near.remove('Alpha', '1.1.0');
    if (left.length === 0) near.remove('Alpha');
    clock.advance(hourMs);
    t.deepEqual(await listOf(larder), ['1.0.0', ...left]);
    const entries = (await entriesOf(larder)) as (Entry & { dependencyGroups: { dependencies: { id: string }[] }[] })[];
    t.deepEqual(
      entries.map(({ id, version, listed }) => [id, version, listed]),
      [['Alpha', '1.0.0', false], ...left.map((version) => ['Alpha', version, true])],
    );
    t.is(entries[0]?.dependencyGroups[0]?.dependencies[0]?.id, 'Other');
    t.false('published' in entries[0]!, 'nobody knows it any more');
    t.true((await larder.get(nupkg('1.0.0'))).body.equals(body));
    t.is((await larder.get('v3/registration-semver2/alpha/1.0.0.json')).status, 200);
    t.is((await larder.get('v3/registration-semver2/alpha/1.1.0.json')).status, 404);
  }
});

test('what is held stays with its source when a source before it gets the version too', async (t) => {
  const near = await scripted(t, [alpha('9.0.0', 'near')]);
  const far = await scripted(t, [alpha('1.0.0', 'far')]);
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { near, far }, clock });
  const { body } = await larder.get(nupkg('1.0.0'));
  near.add(alpha('1.0.0', 'near'));
  clock.advance(hourMs);
  t.deepEqual(await listOf(larder), ['1.0.0', '9.0.0']);
  t.is(((await entriesOf(larder)) as Entry[])[0]?.description, 'far');
  t.true((await larder.get(nupkg('1.0.0'))).body.equals(body));
});

const twoFeeds = {
  feeds: [
    { name: 'default', sources: ['near'] },
    { name: 'other', sources: ['far'] },
  ],
};

for (const publishes of [true, false])
  test(`a feed whose source has other bytes for a version that another feed pinned is refused by name (hash ${publishes ? 'published' : 'not published'})`, async (t) => {
    const hash = (source: { package: (id: string, version: string) => { sha512: string } }) => ({
      packageHash: source.package('Alpha', '1.0.0').sha512,
      packageHashAlgorithm: 'SHA512',
    });
    const near = await scripted(t, [alpha('1.0.0', 'near')], 'odd');
    const far = await scripted(t, [alpha('1.0.0', 'far')], 'odd');
    if (publishes) far.add(alpha('1.0.0', 'far', { entryExtras: hash(far) }));
    const store = new MemoryStore();
    const larder = await startLarder(t, { sources: { near, far }, config: twoFeeds, store });
    t.is((await larder.get(nupkg('1.0.0'))).status, 200);
    if (publishes) await entriesOf(larder, 'feeds/other/');
    const refused = await larder.get(nupkg('1.0.0', 'feeds/other/'));
    t.is(refused.status, 502);
    t.like(refused.json(), { code: 'version-conflict', source: 'far' });
    t.regex(refused.text(), /purge/);
    t.notRegex(refused.text(), /near/, 'the other feed’s source is not told of');
    t.is(far.count('.nupkg'), publishes ? 0 : 1, 'what is known to lose is not downloaded');
    t.true((await larder.get(nupkg('1.0.0'))).body.equals(near.package('Alpha', '1.0.0').bytes));
    if (!publishes) return;
    const again = await startLarder(t, { sources: { near, far }, config: twoFeeds, store });
    t.is((await again.get(nupkg('1.0.0', 'feeds/other/'))).status, 502);
    t.is(far.count('.nupkg'), 0, 'a hash that was told is known after a restart');
  });

function loggedTo(entries: Record<string, unknown>[]) {
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      entries.push(JSON.parse(line.toString()) as Record<string, unknown>);
      done();
    },
  });
  return createLog({ level: 'info', format: 'json' }, destination);
}

test('what was held and evicted comes again from the source that it is bound to, whatever source got the version since', async (t) => {
  const near = await scripted(t, [alpha('2.0.0', 'near')]);
  const far = await scripted(t, [alpha('1.0.0', 'far')]);
  const clock = new ManualClock();
  const store = new MemoryStore();
  const larder = await startLarder(t, { sources: { near, far }, clock, store });
  const first = await larder.get(nupkg('1.0.0'));
  t.is(first.headers['x-larder-source'], 'far');
  for await (const { identity } of store.packages.list()) await store.packages.remove(identity);
  near.add(alpha('1.0.0', 'near'));
  clock.advance(hourMs);
  t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0']);
  const again = await larder.get(nupkg('1.0.0'));
  t.is(again.status, 200);
  t.is(again.headers['x-larder-source'], 'far');
  t.true(again.body.equals(first.body));
  t.is(near.count('.nupkg'), 0);
});

test('trap 28: versions that NuGet cannot read are dropped and told once, not on each refresh; the id lives on', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'near')]);
  const far = await scripted(t, [alpha('2.0.0', 'far')]);
  const entries: Record<string, unknown>[] = [];
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { near, far }, clock, log: loggedTo(entries) });
  const told = () => entries.filter(({ droppedCount }) => droppedCount !== undefined);
  for (let round = 0; round < 3; round++) {
    // Not the same document, so that it is read anew.
    near.replace('v3-flatcontainer/alpha/index.json', { versions: ['1.0.0', 'latest', '1.0.0.0.0'], round });
    t.deepEqual(await listOf(larder), ['1.0.0', '2.0.0']);
    clock.advance(hourMs);
  }
  t.is(told().length, 1);
  t.like(told()[0], { source: 'near', id: 'alpha', dropped: ['latest', '1.0.0.0.0'] });
  near.replace('v3-flatcontainer/alpha/index.json', { versions: ['1.0.0', 'nightly'] });
  await listOf(larder);
  t.is(told().length, 2, 'and again when it changes');
});

test('other bytes for one version inside a feed are told once, and the owner’s are served', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'near')], 'odd');
  const far = await scripted(t, [alpha('1.0.0', 'far')], 'odd');
  for (const [source, maker] of [
    [near, 'near'],
    [far, 'far'],
  ] as const) {
    const packageHash = source.package('Alpha', '1.0.0').sha512;
    const entryExtras = { description: maker, packageHash, packageHashAlgorithm: 'SHA512' };
    source.add(alpha('1.0.0', maker, { entryExtras }));
  }
  const entries: Record<string, unknown>[] = [];
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { near, far }, clock, log: loggedTo(entries) });
  for (let round = 0; round < 3; round++) {
    t.is(((await entriesOf(larder)) as Entry[])[0]?.description, 'near');
    clock.advance(hourMs);
  }
  const told = entries.filter(({ owner }) => owner !== undefined);
  t.is(told.length, 1);
  t.like(told[0], { source: 'far', sha512: far.package('Alpha', '1.0.0').sha512, version: '1.0.0' });
  t.true((await larder.get(nupkg('1.0.0'))).body.equals(near.package('Alpha', '1.0.0').bytes));
});

test('trap 6: an id that is claimed by one source is asked of no other, by any address', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'near')]);
  const far = await scripted(t, [alpha('1.0.0', 'far'), alpha('2.0.0', 'far')]);
  const config = configSchema.parse({
    listen: { port: 0 },
    sources: [
      { name: 'far', url: far.url },
      { name: 'near', url: near.url, packages: ['AL*'] },
    ],
    feeds: [
      { name: 'default', sources: ['far', 'near'] },
      { name: 'without', sources: ['far'] },
    ],
  });
  const serving = await serve(config, '0.0.0-test', { log: silentLog, store: new MemoryStore() });
  t.teardown(() => serving.shutdown());
  const get = getter(t, serving.url);
  const hives = ['registration', 'registration-semver2'].flatMap((hive) =>
    ['index.json', '1.0.0.json', '2.0.0.json', 'page/1.0.0/2.0.0.json'].map((path) => `v3/${hive}/Alpha/${path}`),
  );
  const files = ['1.0.0', '2.0.0'].flatMap((version) =>
    [`alpha.${version}.nupkg`, 'alpha.nuspec', 'readme', 'icon', 'license'].map(
      (file) => `v3/flat/alpha/${version}/${file}`,
    ),
  );
  const paths = ['v3/flat/ALPHA/index.json', 'v3/details/alpha/1.0.0.json', ...hives, ...files];
  for (const feed of ['', 'feeds/without/'])
    for (const path of paths) {
      const statuses = [];
      for (const method of ['HEAD', 'GET'] as const) statuses.push((await get(feed + path, {}, method)).status);
      statuses.push((await get(feed + path, { range: 'bytes=0-3' })).status);
      const isThere = feed === '' && !path.includes('2.0.0/') && !/2\.0\.0\.json|readme|icon|license/.test(path);
      for (const status of statuses)
        t.is(status < 300, isThere || (feed === '' && path.includes('/page/')), `${feed}${path}: ${status}`);
      if (feed !== '') t.deepEqual([...new Set(statuses)], [404], 'claimed by a source outside the feed: absent');
    }
  t.is(far.count('alpha'), 0);
  t.true(near.count('alpha') > 0);
});

test('a feed whose source has the very same bytes is given what is kept, downloaded once for the proof', async (t) => {
  const near = await scripted(t, [alpha('1.0.0', 'both')], 'odd');
  const far = await scripted(t, [alpha('1.0.0', 'both')], 'odd');
  const larder = await startLarder(t, { sources: { near, far }, config: twoFeeds });
  await larder.get(nupkg('1.0.0'));
  for (let round = 0; round < 3; round++) {
    const got = await larder.get(nupkg('1.0.0', 'feeds/other/'));
    t.is(got.status, 200);
    t.is(got.headers['x-larder-source'], 'far');
  }
  t.is(far.count('.nupkg'), 1);
});
