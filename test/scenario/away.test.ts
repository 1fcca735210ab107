import test from 'ava';
import type { ExecutionContext } from 'ava';

import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest, Reply } from '../support/larder.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { Fault, ScriptedSource } from '../support/scripted-source.js';

const dayMs = 86_400_000;
const manyVersions = Array.from({ length: 129 }, (_, minor) => ({ id: 'Many', version: `1.${minor}.0` }));
const kept = {
  list: 'v3/flat/alpha/index.json',
  'registration index': 'v3/registration-semver2/alpha/index.json',
  'registration with external pages': 'v3/registration-semver2/many/index.json',
  page: 'v3/registration-semver2/many/page/1.64.0/1.127.0.json',
  leaf: 'v3/registration/alpha/1.0.0.json',
  details: 'v3/details/alpha/1.0.0.json',
} as const;
const keptFiles = {
  package: 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg',
  nuspec: 'v3/flat/alpha/1.0.0/alpha.nuspec',
} as const;
/** Beta is at the source and was never asked for. */
const unkept = {
  list: 'v3/flat/beta/index.json',
  'registration index': 'v3/registration-semver2/beta/index.json',
  page: 'v3/registration-semver2/beta/page/1.0.0/2.0.0.json',
  leaf: 'v3/registration/beta/1.0.0.json',
  details: 'v3/details/beta/1.0.0.json',
  package: 'v3/flat/beta/1.0.0/beta.1.0.0.nupkg',
  nuspec: 'v3/flat/beta/1.0.0/beta.nuspec',
} as const;

async function sourceOf(t: ExecutionContext): Promise<ScriptedSource> {
  const source = await startScriptedSource({
    packages: [{ id: 'Alpha', version: '1.0.0' }, { id: 'Beta', version: '1.0.0' }, ...manyVersions],
  });
  t.teardown(() => source.close());
  return source;
}

async function startKept(t: ExecutionContext) {
  const source = await sourceOf(t);
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { origin: source }, clock });
  const bodies = new Map<string, Buffer>();
  for (const path of [...Object.values(kept), ...Object.values(keptFiles)]) {
    const reply = await larder.get(path);
    t.is(reply.status, 200, path);
    bodies.set(path, reply.body);
  }
  return { source, clock, larder, bodies };
}

interface Away {
  readonly begin: (source: ScriptedSource) => unknown;
  readonly end: (source: ScriptedSource) => unknown;
  /** What a document that is not kept gets. */
  readonly status: number;
  readonly code: string;
  /** What a package that is not kept gets, where it differs. */
  readonly packageCode?: string;
}

const faulty = (fault: Fault): Pick<Away, 'begin' | 'end'> => ({
  begin: (source) => source.fault('', fault),
  end: (source) => source.clearFaults(),
});

const ways: Readonly<Record<string, Away>> = {
  'refuses connections': {
    begin: (source) => source.close(),
    end: (source) => source.reopen(),
    status: 503,
    code: 'source-unreachable',
  },
  'closes every connection': { ...faulty('refuse'), status: 503, code: 'source-unreachable' },
  'accepts and never answers': { ...faulty('hang'), status: 504, code: 'source-timeout' },
  'answers 500': { ...faulty({ status: 500 }), status: 502, code: 'source-failed' },
  'answers 503': { ...faulty({ status: 503 }), status: 502, code: 'source-failed' },
  'answers 200 and an HTML page': { ...faulty('html'), status: 502, code: 'source-refused' },
  'answers nonsense': {
    ...faulty({ status: 200, headers: { 'content-type': 'application/json' }, body: '\u0007?'.repeat(500) }),
    status: 502,
    code: 'source-refused',
    packageCode: 'package-rejected',
  },
  'speaks no HTTP': { ...faulty('not http'), status: 502, code: 'source-failed' },
};

for (const [way, { begin, end, status, code, packageCode = code }] of Object.entries(ways)) {
  test(`a source that ${way}: what is kept is served on, with a warning where it may be old`, async (t) => {
    const { source, clock, larder, bodies } = await startKept(t);
    clock.advance(dayMs);
    await begin(source);
    for (const [what, path] of Object.entries(kept)) {
      // Until the source has failed, what is kept comes without a word.
      const reply = await until(larder, path, (one) => one.status !== 200 || 'x-nuget-warning' in one.headers);
      t.is(reply.status, 200, what);
      t.true(reply.body.equals(bodies.get(path) ?? Buffer.alloc(0)), what);
      t.is(reply.headers['x-cache'], 'STALE', what);
      t.regex(String(reply.headers['x-nuget-warning']), /origin/, what);
    }
    for (const [what, path] of Object.entries(keptFiles)) {
      const reply = await larder.get(path);
      t.true(reply.body.equals(bodies.get(path) ?? Buffer.alloc(0)), what);
      t.is(reply.headers['x-cache'], 'HIT', what);
      t.is(reply.headers['x-nuget-warning'], undefined, what);
    }
    await end(source);
    clock.advance(dayMs);
    const list = await until(larder, kept.list, (reply) => reply.headers['x-cache'] !== 'STALE');
    t.true(list.body.equals(bodies.get(kept.list) ?? Buffer.alloc(0)));
    t.is(list.headers['x-nuget-warning'], undefined, 'recovered');
  });

  test(`trap 9: a source that ${way}: what is not kept is a failure that names it, never an absence`, async (t) => {
    const { source, larder } = await startKept(t);
    await begin(source);
    for (const [what, path] of Object.entries(unkept)) {
      const reply = await larder.get(path);
      const isFile = what === 'package' || what === 'nuspec';
      assertFailure(t, reply, { status, code: isFile ? packageCode : code }, `${what}: ${reply.text()}`);
    }
    await end(source);
    for (const [what, path] of Object.entries(unkept)) {
      if (what === 'page') continue;
      t.is((await until(larder, path, isBack)).status, 200, `${what} after the source is back`);
    }
  });

  test(`a source that ${way} from the start: failures until it is there, without a restart`, async (t) => {
    const source = await sourceOf(t);
    await begin(source);
    const clock = new ManualClock();
    const larder = await startLarder(t, {
      sources: { origin: source },
      clock,
    });
    assertFailure(t, await larder.get(unkept.list), { status, code }, 'list');
    assertFailure(t, await larder.get(unkept.package), { status, code }, 'package');
    await end(source);
    t.deepEqual((await until(larder, unkept.list, isBack)).json(), { versions: ['1.0.0'] });
    t.is((await until(larder, unkept.package, isBack)).status, 200);
  });

  test(`a source that ${way}: its old word on an absence is not repeated once it is no longer fresh`, async (t) => {
    const { source, clock, larder } = await startKept(t);
    const path = 'v3/flat/nobody/index.json';
    t.is((await larder.get(path)).status, 404);
    await begin(source);
    t.is((await larder.get(path)).status, 404, 'within its 30 s');
    clock.advance(31_000);
    assertFailure(t, await larder.get(path), { status, code }, 'after its 30 s');
    await end(source);
    clock.advance(31_000);
    const again = await until(larder, path, isBack);
    t.is(again.status, 404);
    t.is(again.json()['code'], 'not-found');
  });
}

/** Once a probe was answered, which takes a moment. */
const isBack = ({ status }: Reply) => status < 500;

function assertFailure(
  t: ExecutionContext,
  reply: Reply,
  { status, code }: { status: number; code: string },
  message: string,
): void {
  // Once it counts as away as a whole, the answer says when to come again.
  const isAway = reply.text().includes('is away since');
  t.is(reply.status, isAway ? 503 : status, message);
  t.is(reply.headers['content-type'], 'application/problem+json', message);
  t.is(reply.headers['cache-control'], 'no-store', message);
  const problem = reply.json<{ code: string; source: string; status: number; detail: string }>();
  t.like(problem, { code, source: 'origin', status: reply.status }, message);
  t.truthy(problem.detail, message);
  t.regex(reply.reason, /origin/, `${message}: the reason phrase is all that NuGet clients print`);
  if (reply.status === 503) t.regex(String(reply.headers['retry-after']), /^[1-9]\d*$/, message);
}

test('what a source asks to wait is told on to the client', async (t) => {
  const { source, larder } = await startKept(t);
  source.fault('', { status: 503, headers: { 'retry-after': '7' } });
  const reply = await larder.get(unkept.list);
  t.is(reply.headers['retry-after'], '7');
  t.is(reply.json()['retryAfterSeconds'], 7);
});

test('offline, the source is never asked: what is kept is served at any age, the rest is told as a miss of ours', async (t) => {
  const source = await sourceOf(t);
  const clock = new ManualClock();
  const store = new MemoryStore();
  const before = await startLarder(t, { sources: { origin: source }, clock, store });
  for (const path of [...Object.values(kept), ...Object.values(keptFiles)]) t.is((await before.get(path)).status, 200);
  clock.advance(400 * dayMs);
  source.requests.length = 0;
  const larder = await startLarder(t, { sources: { origin: source }, clock, store, config: { offline: true } });
  for (const path of [...Object.values(kept), ...Object.values(keptFiles)]) {
    const reply = await larder.get(path);
    t.is(reply.status, 200, path);
    t.is(reply.headers['x-cache'], 'OFFLINE', path);
  }
  for (const path of Object.values(unkept)) {
    const reply = await larder.get(path);
    t.is(reply.status, 504, path);
    t.is(reply.json()['code'], 'offline-miss', path);
  }
  t.is(source.requests.length, 0);
});

test.serial(
  'a list that changed is seen when its freshness is over, one that did not is confirmed without a body',
  async (t) => {
    const { source, clock, larder } = await startKept(t);
    clock.advance(59_000);
    t.is((await larder.get(kept.list)).headers['x-cache'], 'HIT');
    clock.advance(2_000);
    t.is((await larder.get(kept.list)).headers['x-cache'], 'REVALIDATED');
    const asked = source.requests.at(-1);
    t.truthy(asked?.headers['if-none-match'] ?? asked?.headers['if-modified-since']);
    t.is((await larder.get(kept.list)).headers['x-cache'], 'HIT', 'confirmed for another 60 s');
    source.add({ id: 'Alpha', version: '1.1.0' });
    t.deepEqual((await larder.get(kept.list)).json(), { versions: ['1.0.0'] });
    clock.advance(61_000);
    const changed = await larder.get(kept.list);
    t.is(changed.headers['x-cache'], 'MISS');
    t.deepEqual(changed.json(), { versions: ['1.0.0', '1.1.0'] });
  },
);

test.serial('a version that came later shows in the registration when its freshness is over', async (t) => {
  const { source, clock, larder } = await startKept(t);
  source.add({ id: 'Alpha', version: '1.1.0' });
  clock.advance(5 * 60_000 + 1);
  const leaf = await larder.get('v3/registration/alpha/1.1.0.json');
  t.is(leaf.status, 200);
  t.is(leaf.headers['x-cache'], 'MISS');
});

test('an id that appears at the source is seen 30 s after its absence was', async (t) => {
  const { source, clock, larder } = await startKept(t);
  const path = 'v3/flat/newcomer/index.json';
  t.is((await larder.get(path)).status, 404);
  source.add({ id: 'Newcomer', version: '1.0.0' });
  t.is((await larder.get(path)).status, 404);
  clock.advance(30_001);
  t.deepEqual((await larder.get(path)).json(), { versions: ['1.0.0'] });
});

test('a client does not wait for a slow refresh: it gets what is kept, the next one the news', async (t) => {
  const { source, clock, larder } = await startKept(t);
  const slow = await startLarder(t, { sources: { origin: source }, clock });
  t.is((await slow.get(kept.list)).headers['x-cache'], 'MISS');
  source.add({ id: 'Alpha', version: '1.1.0' });
  clock.advance(61_000);
  source.fault('/alpha/index.json', { delayMs: 900 });
  const early = await slow.get(kept.list);
  t.is(early.headers['x-cache'], 'STALE');
  t.is(early.headers['x-nuget-warning'], undefined, 'nothing failed');
  t.deepEqual(early.json(), { versions: ['1.0.0'] });
  const next = await until(slow, kept.list, (reply) => reply.headers['x-cache'] === 'HIT');
  t.deepEqual(next.json(), { versions: ['1.0.0', '1.1.0'] });
  t.is((await larder.get(kept.list)).status, 200);
});

/** Asks until the answer is as wanted; the test's own time-out ends it otherwise. */
async function until(larder: LarderUnderTest, path: string, isWanted: (reply: Reply) => boolean): Promise<Reply> {
  for (;;) {
    const reply = await larder.get(path);
    if (isWanted(reply)) return reply;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

for (const [what, path, asked] of [
  ['list', kept.list, '/v3-flatcontainer/alpha/index.json'],
  ['registration', kept['registration index'], 'semver2/alpha/index.json'],
  ['package', keptFiles.package, '.nupkg'],
] as const)
  test(`twenty who ask for one ${what} at a time cost the source one request`, async (t) => {
    const source = await sourceOf(t);
    const clock = new ManualClock();
    const larder = await startLarder(t, { sources: { origin: source }, clock });
    source.fault(asked, { delayMs: 150 });
    const twenty = () => Promise.all(Array.from({ length: 20 }, () => larder.get(path)));
    const first = await twenty();
    t.deepEqual([...new Set(first.map(({ status }) => status))], [200]);
    t.is(new Set(first.map(({ body }) => body.toString('base64'))).size, 1);
    t.is(source.count(asked), 1);
    clock.advance(dayMs);
    await twenty();
    await until(larder, path, ({ headers }) => headers['x-cache'] === 'HIT');
    t.is(source.count(asked), what === 'package' ? 1 : 2, 'one refresh when it is old');
  });

test.serial('of two sources the one that is away decides by onSourceFailure what the feed says', async (t) => {
  const [near, far] = [await sourceOf(t), await sourceOf(t)];
  far.add({ id: 'Alpha', version: '2.0.0' });
  far.add({ id: 'Gamma', version: '1.0.0' });
  const clock = new ManualClock();
  const larder = await startLarder(t, {
    sources: { near, far },
    clock,
    config: {
      feeds: [
        { name: 'stale', sources: ['near', 'far'] },
        { name: 'fail', sources: ['near', 'far'], onSourceFailure: 'fail' },
        { name: 'partial', sources: ['near', 'far'], onSourceFailure: 'partial' },
      ],
    },
  });
  const list = (feed: string, id: string) => larder.get(`feeds/${feed}/v3/flat/${id}/index.json`);
  t.deepEqual((await list('stale', 'alpha')).json(), { versions: ['1.0.0', '2.0.0'] });
  t.is((await list('stale', 'alpha')).headers['x-larder-source'], 'near,far');
  await far.close();
  clock.advance(dayMs);

  const stale = await list('stale', 'alpha');
  t.deepEqual(stale.json(), { versions: ['1.0.0', '2.0.0'] }, 'no version goes because a source is away');
  t.is(stale.headers['x-cache'], 'STALE');
  t.regex(String(stale.headers['x-nuget-warning']), /far/);
  t.is((await list('stale', 'beta')).status, 503, 'far was never asked for beta');

  const failing = await list('fail', 'alpha');
  t.is(failing.status, 503);
  t.like(failing.json(), { code: 'source-unreachable', source: 'far' });

  t.deepEqual((await list('partial', 'alpha')).json(), { versions: ['1.0.0', '2.0.0'] });
  const partial = await list('partial', 'beta');
  t.deepEqual(partial.json(), { versions: ['1.0.0'] });
  t.regex(String(partial.headers['x-nuget-warning']), /far/);
  t.is(partial.headers['cache-control'], 'public, max-age=0');
  t.is((await list('partial', 'gamma')).status, 503, 'who knows whether far has it');

  await far.reopen();
  clock.advance(dayMs);
  const whole = await until(
    larder,
    'feeds/partial/v3/flat/beta/index.json',
    (reply) => !('x-nuget-warning' in reply.headers),
  );
  t.is(whole.headers['x-nuget-warning'], undefined);
  t.is(whole.headers['x-larder-source'], 'near,far');
  t.deepEqual((await list('partial', 'gamma')).json(), { versions: ['1.0.0'] });
});
