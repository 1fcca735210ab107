import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { sourcesSchema } from '../../src/http/api/schemas.js';
import { createLog } from '../../src/ops/log.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/feed/store.js';
import { eventually } from '../support/eventually.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { catalogPagePath, catalogPath, ScriptedCatalog } from '../support/scripted-catalog.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const hourMs = 3_600_000;
const listOf = (id: string) => `v3/flat/${id}/index.json`;
const registrationOf = (id: string) => `v3/registration-semver2/${id}/index.json`;
/** Everything of packages: the catalog is asked every few milliseconds here. */
const packageRequests = /flatcontainer|registration5/;

interface Followed {
  readonly source: ScriptedSource;
  readonly catalog: ScriptedCatalog;
  readonly clock: ManualClock;
  readonly larder: LarderUnderTest;
  readonly logged: string[];
  /** Moves the clock and waits until the catalog was read by it. */
  readonly advance: (ms: number) => Promise<void>;
  readonly versions: (id: string) => Promise<string[]>;
}

async function sourceOf(t: ExecutionContext) {
  const source = await startScriptedSource({
    packages: ['Alpha', 'Beta'].map((id) => ({ id, version: '1.0.0' })),
  });
  t.teardown(() => source.close());
  return { source, catalog: new ScriptedCatalog(source), clock: new ManualClock() };
}

async function startBefore(
  t: ExecutionContext,
  given: Pick<Followed, 'source' | 'catalog' | 'clock'>,
  { store = new MemoryStore(), config = {} }: { store?: Store; config?: Record<string, unknown> } = {},
): Promise<Followed> {
  const { source, clock } = given;
  const logged: string[] = [];
  const log = createLog({ level: 'info', format: 'json' }, lineWriter(logged));
  const larder = await startLarder(t, {
    sources: { origin: source },
    config: { freshness: { catalog: 'follow' }, ...config },
    catalog: { pollMs: 20 },
    ...{ clock, store, log },
  });
  return {
    ...{ ...given, larder, logged },
    async advance(ms) {
      clock.advance(ms);
      await isFollowing(larder);
    },
    async versions(id) {
      const reply = await larder.get(listOf(id));
      return reply.status === 200 ? reply.json<{ versions: string[] }>().versions : [];
    },
  };
}

function lineWriter(lines: string[]): NodeJS.WritableStream {
  return { write: (line: string) => lines.push(line) } as unknown as NodeJS.WritableStream;
}

const stateOf = async (larder: LarderUnderTest) =>
  sourcesSchema.parse((await larder.get('api/sources')).json())[0]?.catalog;

async function isFollowing(larder: LarderUnderTest): Promise<void> {
  await eventually(
    () => stateOf(larder),
    (catalog) => catalog?.state === 'following' && catalog.lagSeconds === 0,
  );
}

/** Alpha and Beta are held, and the catalog is followed. */
async function startFollowed(t: ExecutionContext, options: Parameters<typeof startBefore>[2] = {}): Promise<Followed> {
  const followed = await startBefore(t, await sourceOf(t), options);
  for (const id of ['alpha', 'beta'])
    for (const path of [listOf(id), registrationOf(id)]) t.is((await followed.larder.get(path)).status, 200);
  await isFollowing(followed.larder);
  // What was said before the catalog was first read is not vouched for: said again, it is.
  await followed.advance(10 * 60_000);
  for (const id of ['alpha', 'beta'])
    for (const path of [listOf(id), registrationOf(id)]) await followed.larder.get(path);
  followed.source.requests.length = 0;
  return followed;
}

/** Until the catalog was read so many times more. */
async function rounds(source: ScriptedSource, count = 4): Promise<void> {
  const before = source.count(catalogPath);
  await eventually(
    async () => source.count(catalogPath),
    (now) => now >= before + count,
  );
}

test('what the catalog does not name stays fresh for hours without asking, and clients are told no more than the configured time', async (t) => {
  const { larder, source, advance } = await startFollowed(t);
  for (let hour = 1; hour <= 20; hour++) {
    await advance(hourMs);
    for (const path of [listOf('alpha'), registrationOf('beta')]) {
      const reply = await larder.get(path);
      t.is(reply.headers['x-cache'], 'HIT');
      t.true(Number(reply.headers['age']) < 60);
      t.regex(String(reply.headers['cache-control']), path === listOf('alpha') ? /max-age=60$/ : /max-age=(60|300)$/);
    }
  }
  t.is(source.count(packageRequests), 0);
  await advance(5 * hourMs);
  await larder.get(listOf('alpha'));
  t.is(source.count(packageRequests), 1, 'after a day it is asked for all the same');
});

test('a version that is published is seen within seconds, and nobody else is asked for', async (t) => {
  const { larder, source, catalog, advance, versions } = await startFollowed(t);
  await advance(hourMs);
  t.deepEqual(await versions('alpha'), ['1.0.0']);
  const published = source.add({ id: 'Alpha', version: '2.0.0' });
  const details = catalog.commit('2030-01-02T05:00:00.1234567Z', { id: 'Alpha', version: '2.0.0' });
  source.add({ ...published.script, entryExtras: { '@id': details } });
  const seen = await eventually(
    () => versions('alpha'),
    (now) => now.length === 2,
  );
  t.deepEqual(seen, ['1.0.0', '2.0.0']);
  await eventually(
    async () => (await larder.get(registrationOf('alpha'))).text(),
    (text) => text.includes('"2.0.0"'),
  );
  t.is(source.count('/beta'), 0);
  // It shows in both documents: nothing more is to be waited for.
  await rounds(source);
  source.requests.length = 0;
  await advance(2 * hourMs);
  await rounds(source);
  t.is((await larder.get(registrationOf('alpha'))).headers['x-cache'], 'HIT');
  t.is(source.count(packageRequests), 0);
  t.like(await stateOf(larder), { state: 'following', cursor: '2030-01-02T05:00:00.1234567Z' });
});

for (const [what, entry, sign] of [
  ['unlisted', { listed: false }, /"listed":false/],
  ['listed again', { entryExtras: { summary: 'listed again' } }, /listed again/],
  ['deprecated', { entryExtras: { deprecation: { reasons: ['Legacy'] } } }, /"Legacy"/],
] as const)
  test(`that a version is ${what} shows in the registration within seconds, and its version list is not asked for`, async (t) => {
    const { larder, source, catalog, advance } = await startFollowed(t);
    await advance(hourMs);
    const details = catalog.commit('2030-01-02T05:00:00Z', { id: 'alpha', version: '1.0.0.0' });
    const { entryExtras = {}, ...rest } = { entryExtras: {}, ...entry };
    source.add({ id: 'Alpha', version: '1.0.0', ...rest, entryExtras: { ...entryExtras, '@id': details } });
    await eventually(
      async () => (await larder.get(registrationOf('alpha'))).text(),
      (text) => sign.test(text),
    );
    t.is(source.count('flatcontainer'), 0);
    t.is(source.count('/beta'), 0);
  });

test('a version that is deleted leaves, and an id that was not there comes, when the catalog says so and not before', async (t) => {
  const { source, catalog, advance, versions, larder } = await startFollowed(t);
  source.add({ id: 'Alpha', version: '2.0.0' });
  catalog.commit('2030-01-02T04:00:00Z', { id: 'Alpha', version: '2.0.0' });
  await eventually(
    () => versions('alpha'),
    (now) => now.length === 2,
  );
  t.is((await larder.get(listOf('gamma'))).status, 404);
  await advance(hourMs);
  source.requests.length = 0;
  t.is((await larder.get(listOf('gamma'))).status, 404);
  t.is(source.count('gamma'), 0, 'an absence holds too');

  source.remove('Alpha', '2.0.0');
  source.add({ id: 'Gamma', version: '1.0.0' });
  catalog.commit('2030-01-02T05:00:00Z', { id: 'Alpha', version: '2.0.0', isDelete: true });
  catalog.commit('2030-01-02T05:00:01Z', { id: 'Gamma', version: '1.0.0' });
  await eventually(
    () => versions('gamma'),
    (now) => now.length === 1,
  );
  await eventually(
    () => versions('alpha'),
    (now) => now.length === 1,
  );
  t.pass();
});

test('where documents lag behind the catalog they are asked for again until they show the change', async (t) => {
  const { source, catalog, advance, versions, clock } = await startFollowed(t);
  await advance(hourMs);
  source.requests.length = 0;
  catalog.commit('2030-01-02T05:00:00Z', { id: 'Alpha', version: '2.0.0' });
  const asked = (times: number) =>
    eventually(
      async () => source.count('alpha/index.json'),
      (count) => count >= times,
    );
  await asked(2);
  await rounds(source);
  t.is(source.count('alpha/index.json'), 2, 'list and registration, once');
  // 5 s and 15 s later.
  for (const [waitMs, times] of [
    [5_000, 4],
    [15_000, 6],
  ] as const) {
    clock.advance(waitMs - 1_000);
    await rounds(source);
    t.is(source.count('alpha/index.json'), times - 2);
    clock.advance(1_000);
    await asked(times);
    // What was answered is taken note of, and the next time counted from there.
    await rounds(source);
  }
  source.add({ id: 'Alpha', version: '2.0.0' });
  clock.advance(60_000);
  const seen = await eventually(
    () => versions('alpha'),
    (now) => now.length === 2,
  );
  t.deepEqual(seen, ['1.0.0', '2.0.0']);
});

test('an id first asked for while its documents lag is not taken as fresh for long', async (t) => {
  const { source, catalog, advance, versions } = await startFollowed(t);
  await advance(hourMs);
  for (const [at, id] of [
    ['2030-01-02T05:00:00Z', 'Gamma'],
    ['2030-01-02T05:00:01Z', 'Delta'],
  ] as const) {
    source.add({ id, version: '1.0.0' });
    catalog.commit(at, { id, version: '2.0.0' });
    await rounds(source);
    t.deepEqual(await versions(id.toLowerCase()), ['1.0.0']);
    source.add({ id, version: '2.0.0' });
  }
  await advance(61_000);
  t.deepEqual(await versions('gamma'), ['1.0.0', '2.0.0']);
  // Nobody asks for the other until its documents are taken to have followed.
  await advance(31 * 60_000);
  await rounds(source);
  t.deepEqual(await versions('delta'), ['1.0.0', '2.0.0']);
});

test('a source that shows no catalog times in its registration is believed half an hour after the event, by what it says then', async (t) => {
  const { source, catalog, advance, larder, clock } = await startFollowed(t);
  await advance(hourMs);
  // The details' address of the scripted source tells an older time than the event.
  catalog.commit('2030-01-02T05:00:00Z', { id: 'Alpha', version: '1.0.0' });
  await rounds(source);
  source.add({ id: 'Alpha', version: '1.0.0', listed: false });
  clock.advance(31 * 60_000);
  await eventually(
    async () => (await larder.get(registrationOf('alpha'))).text(),
    (text) => text.includes('"listed":false'),
  );
  await rounds(source);
  source.requests.length = 0;
  await advance(hourMs);
  await rounds(source);
  t.is((await larder.get(registrationOf('alpha'))).headers['x-cache'], 'HIT');
  t.is(source.count(packageRequests), 0);
});

test('while the catalog is away the configured lifetimes count, and what happened meanwhile is caught up with', async (t) => {
  const { source, catalog, advance, larder, logged, clock, versions } = await startFollowed(t);
  await advance(hourMs);
  source.fault('catalog0', { status: 500 });
  clock.advance(119_000);
  t.is((await larder.get(listOf('alpha'))).headers['x-cache'], 'HIT');
  t.is(source.count(packageRequests), 0);
  clock.advance(2_000);
  await eventually(
    () => stateOf(larder),
    (told) => told?.state === 'away',
  );
  // Also what lies finished in memory.
  t.is((await larder.get(listOf('alpha'))).headers['x-cache'], 'REVALIDATED');
  t.is((await larder.get(listOf('beta'))).headers['x-cache'], 'REVALIDATED');
  t.is((await larder.get(listOf('alpha'))).headers['x-cache'], 'HIT');
  clock.advance(61_000);
  t.is((await larder.get(listOf('alpha'))).headers['x-cache'], 'REVALIDATED');

  source.add({ id: 'Beta', version: '2.0.0' });
  catalog.commit('2030-01-02T05:00:00Z', { id: 'Beta', version: '2.0.0' });
  source.clearFaults();
  await isFollowing(larder);
  await eventually(
    () => versions('beta'),
    (now) => now.length === 2,
  );
  const tellings = logged.filter((line) => line.includes('catalog'));
  t.is(tellings.length, 3, tellings.join(''));
  t.regex(tellings[0] ?? '', /followed from now on/);
  t.regex(tellings[1] ?? '', /cannot be followed, the configured lifetimes count/);
  t.regex(tellings[2] ?? '', /is back, caught up/);
  t.like(sourcesSchema.parse((await larder.get('api/sources')).json())[0], { state: 'up', lastError: null });
});

test('a restart goes on where it was: what happened meanwhile is asked for, what did not happen is not', async (t) => {
  const path = join(await temporaryDirectory(t), 'store');
  const given = await sourceOf(t);
  const open = () => openLevelStore(path, { now: () => given.clock.now() });
  const first = await startBefore(t, given, { store: await open() });
  await first.larder.get(listOf('alpha'));
  await isFollowing(first.larder);
  await first.advance(hourMs);
  for (const id of ['alpha', 'beta']) await first.larder.get(listOf(id));
  await rounds(given.source);
  await first.larder.shutdown();

  given.clock.advance(20 * hourMs);
  given.source.add({ id: 'Alpha', version: '2.0.0' });
  given.catalog.commit('2030-01-02T20:00:00Z', { id: 'Alpha', version: '2.0.0' });
  given.source.requests.length = 0;
  const second = await startBefore(t, given, { store: await open() });
  await isFollowing(second.larder);
  await eventually(
    async () => given.source.count('alpha/index.json'),
    (count) => count > 0,
  );
  await rounds(given.source);
  const reply = await second.larder.get(listOf('alpha'));
  t.deepEqual(reply.json(), { versions: ['1.0.0', '2.0.0'] });
  t.is((await second.larder.get(listOf('beta'))).headers['x-cache'], 'HIT');
  t.is(given.source.count(packageRequests), 1);
  t.true(second.logged.some((line) => line.includes('followed on, caught up')));
});

test('what the catalog told shortly before a restart may still not show in documents after it', async (t) => {
  const store = new MemoryStore();
  const given = await sourceOf(t);
  given.source.add({ id: 'Gamma', version: '1.0.0' });
  const first = await startBefore(t, given, { store });
  await first.larder.get(listOf('alpha'));
  await isFollowing(first.larder);
  given.catalog.commit('2030-01-02T03:04:00Z', { id: 'Gamma', version: '2.0.0' });
  await eventually(
    () => stateOf(first.larder),
    (told) => told?.cursor === '2030-01-02T03:04:00.0000000Z',
  );
  await first.larder.shutdown();

  const second = await startBefore(t, given, { store });
  await isFollowing(second.larder);
  t.deepEqual(await second.versions('gamma'), ['1.0.0']);
  given.source.add({ id: 'Gamma', version: '2.0.0' });
  await second.advance(61_000);
  t.deepEqual(await second.versions('gamma'), ['1.0.0', '2.0.0']);
});

test('a change that was taken note of and not yet seen in documents outlasts a crash, before and after the cursor', async (t) => {
  for (const whenItDies of ['before the cursor is written', 'after it'] as const) {
    const store = new MemoryStore();
    const given = await sourceOf(t);
    let isDying = false;
    const dying: Store = {
      packages: store.packages,
      stats: () => store.stats(),
      health: () => store.health(),
      evictWhere: () => undefined,
      gc: () => store.gc(),
      close: () => store.close(),
      facts: {
        read: (key) => store.facts.read(key),
        readPart: (fact, part) => store.facts.readPart(fact, part),
        confirm: (fact, checkedAtMs) => store.facts.confirm(fact, checkedAtMs),
        list: (kind) => store.facts.list(kind),
        remove: (key) => store.facts.remove(key),
        write: async (key, fact) => {
          const isCursor = key.kind === 'catalog';
          if (isDying && (!isCursor || whenItDies === 'before the cursor is written')) throw new Error('gone');
          return store.facts.write(key, fact);
        },
      },
    };
    const first = await startBefore(t, given, { store: dying });
    await first.larder.get(listOf('alpha'));
    await isFollowing(first.larder);
    await first.advance(hourMs);
    await first.larder.get(listOf('alpha'));
    isDying = true;
    given.source.add({ id: 'Alpha', version: '2.0.0' });
    given.catalog.commit('2030-01-02T04:00:00Z', { id: 'Alpha', version: '2.0.0' });
    await eventually(
      async () => first.logged.join(''),
      (text) => /the store fails|could not be taken in/.test(text),
    );
    if (whenItDies === 'after it')
      await eventually(
        () => stateOf(first.larder),
        (told) => told?.cursor === '2030-01-02T04:00:00.0000000Z',
      );
    // The cursor goes on while the documents do not.
    given.catalog.commit('2030-01-02T08:00:00Z', { id: 'Unheld', version: '1.0.0' });
    if (whenItDies === 'after it')
      await eventually(
        () => stateOf(first.larder),
        (told) => told?.cursor === '2030-01-02T08:00:00.0000000Z',
      );
    await first.larder.shutdown();

    // Far later than what is read again after every start.
    given.clock.advance(10 * hourMs);
    given.catalog.commit('2030-01-02T13:00:00Z', { id: 'Unheld', version: '1.0.0' });
    const second = await startBefore(t, given, { store });
    await isFollowing(second.larder);
    const seen = await eventually(
      () => second.versions('alpha'),
      (now) => now.length === 2,
    );
    t.deepEqual(seen, ['1.0.0', '2.0.0'], whenItDies);
  }
});

test('a place that is too far back is given up and said so: what was said before it counts for its own lifetime', async (t) => {
  const store = new MemoryStore();
  const given = await sourceOf(t);
  const catalog = new ScriptedCatalog(given.source, 1);
  const first = await startBefore(t, { ...given, catalog }, { store });
  await first.larder.get(listOf('alpha'));
  await isFollowing(first.larder);
  await first.advance(61_000);
  await first.larder.get(listOf('alpha'));
  await first.larder.shutdown();

  given.clock.advance(20 * hourMs);
  for (let i = 0; i < 60; i++)
    catalog.commit(`2030-01-02T10:${String(i).padStart(2, '0')}:00Z`, { id: 'Other', version: `1.${i}.0` });
  given.source.requests.length = 0;
  const second = await startBefore(t, { ...given, catalog }, { store });
  await isFollowing(second.larder);
  t.true(second.logged.some((line) => line.includes('too far back')));
  t.true(given.source.count(/catalog0\/page/) <= 41, 'the last forty minutes are read');
  t.is((await second.larder.get(listOf('alpha'))).headers['x-cache'], 'REVALIDATED');
  await second.advance(hourMs);
  t.is((await second.larder.get(listOf('alpha'))).headers['x-cache'], 'HIT', 'said again, it is vouched for');
});

test('junk in the catalog is left out and told once, and a time to come does not carry the cursor away', async (t) => {
  const { source, catalog, advance, versions, logged, larder } = await startFollowed(t);
  catalog.strangePages.push(null, 'page', { '@id': 7 }, { '@id': `${source.origin}/x`, commitTimeStamp: 'soon' });
  catalog.add(
    { '@id': 'x', commitTimeStamp: '2030-01-02T04:00:00Z', 'nuget:id': '../../etc', 'nuget:version': '1.0.0' },
    { '@id': 'x', commitTimeStamp: 'yesterday', 'nuget:id': 'Alpha', 'nuget:version': '1.0.0' },
    { '@id': 'x', commitTimeStamp: '9999-12-31T00:00:00Z', 'nuget:id': 'Alpha', 'nuget:version': '1.0.0' },
  );
  source.add({ id: 'Alpha', version: '2.0.0' });
  catalog.commit('2030-01-02T04:00:01Z', { id: 'Alpha', version: '2.0.0' });
  await eventually(
    () => versions('alpha'),
    (now) => now.length === 2,
  );
  await rounds(source);
  t.is(logged.filter((line) => line.includes('cannot be read: left out')).length, 1);
  source.add({ id: 'Alpha', version: '3.0.0' });
  catalog.commit('2030-01-02T04:00:02Z', { id: 'Alpha', version: '3.0.0' });
  await eventually(
    () => versions('alpha'),
    (now) => now.length === 3,
  );
  await advance(1_000);
  t.like(await stateOf(larder), { cursor: '2030-01-02T04:00:02.0000000Z' });
});

test('a page that cannot be read is no news: the configured lifetimes count until it can', async (t) => {
  const { source, catalog, larder, clock, versions } = await startFollowed(t);
  source.fault(catalogPagePath(0), 'half');
  source.add({ id: 'Alpha', version: '2.0.0' });
  catalog.commit('2030-01-02T04:00:00Z', { id: 'Alpha', version: '2.0.0' });
  clock.advance(121_000);
  await eventually(
    () => stateOf(larder),
    (told) => told?.state === 'away',
  );
  t.deepEqual(await versions('alpha'), ['1.0.0', '2.0.0']);
  source.clearFaults();
  await isFollowing(larder);
});

test('nothing is asked of a catalog that is not to be followed, offline, or before something is held of its source', async (t) => {
  const given = await sourceOf(t);
  for (const config of [{ freshness: { catalog: 'off' } }, { offline: true }]) {
    const { larder, source } = await startBefore(t, given, { config });
    await larder.get(listOf('alpha'));
    t.deepEqual(await stateOf(larder), { state: 'off', cursor: null, lagSeconds: null });
    t.is(source.count('catalog0'), 0);
    await larder.shutdown();
  }
  const { larder, source } = await startBefore(t, given);
  await larder.get('api/sources');
  t.is(source.requests.filter(({ path }) => path.includes('catalog0')).length, 0);
  await larder.get(listOf('alpha'));
  await isFollowing(larder);
  t.true(source.count('catalog0') > 0);
});

test('a source without a catalog is left alone, and stopping does not wait for a catalog that hangs', async (t) => {
  const bare = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0' }], traits: { catalog: false } });
  const given = await sourceOf(t);
  t.teardown(() => bare.close());
  given.source.fault('catalog0', 'hang');
  const larder = await startLarder(t, {
    sources: { bare, origin: given.source },
    source: { timeouts: { headers: '60s', idle: '60s' } },
    config: { freshness: { catalog: 'follow' } },
    catalog: { pollMs: 20 },
  });
  await larder.get(listOf('alpha'));
  await eventually(
    async () => given.source.count('catalog0'),
    (count) => count > 0,
  );
  t.is((await stateOf(larder))?.state, 'off');
  t.is(bare.count('v3/index.json'), 1);
  const beganAtMs = performance.now();
  await larder.shutdown();
  t.true(performance.now() - beganAtMs < 20_000, 'not the time-out of a minute');
});
