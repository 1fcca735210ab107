import test from 'ava';
import type { ExecutionContext } from 'ava';

import { explanationSchema, problemSchema } from '../../src/http/api/schemas.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderOptions, LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSourceOptions } from '../support/scripted-source.js';
import { askApi } from './api-answer.js';

const nowText = '2030-01-02T03:04:05.000Z';

async function source(t: ExecutionContext, options: ScriptedSourceOptions) {
  const started = await startScriptedSource(options);
  t.teardown(() => started.close());
  return started;
}

const explain = (t: ExecutionContext, larder: LarderUnderTest, path: string) =>
  askApi(t, larder, `explain/${path}`, explanationSchema);

/** A house source for `Corp.*`, a first public one, and a second that has more. */
async function threeSources(t: ExecutionContext, more: Partial<LarderOptions> = {}) {
  const house = await source(t, { packages: [{ id: 'Corp.Log', version: '1.0.0' }] });
  const first = await source(t, { packages: [{ id: 'Alpha', version: '1.0.0' }] });
  const second = await source(t, {
    packages: [
      { id: 'Alpha', version: '1.0.0', fillerBytes: 10 },
      { id: 'Alpha', version: '2.0.0', listed: false },
    ],
  });
  const clock = new ManualClock();
  const larder = await startLarder(t, {
    sources: { house, first, second },
    sourceSettings: { house: { packages: ['Corp.*'] } },
    clock,
    ...more,
  });
  return { house, first, second, larder, clock };
}

test('an id: what each source said, who owns each version, and which rule decided', async (t) => {
  const { larder, house } = await threeSources(t);
  const told = await explain(t, larder, 'alpha');
  t.deepEqual(told, {
    id: 'alpha',
    feed: 'default',
    served: true,
    because: 'first and second were asked, and there is a list',
    sources: [
      {
        name: 'house',
        eligible: false,
        reason: 'none of its patterns matches; the longest that does is * of first',
        state: 'notAsked',
        checkedAt: null,
        detail: 'may not be asked for it',
      },
      {
        name: 'first',
        eligible: true,
        reason: 'its pattern * matches, and no other source has a longer one',
        state: 'found',
        checkedAt: nowText,
        detail: 'lists 1 version, the highest is 1.0.0',
        versions: ['1.0.0'],
      },
      {
        name: 'second',
        eligible: true,
        reason: 'its pattern * matches, and no other source has a longer one',
        state: 'found',
        checkedAt: nowText,
        detail: 'lists 2 versions, the highest is 2.0.0',
        versions: ['1.0.0', '2.0.0'],
      },
    ],
    versions: [
      { version: '1.0.0', owner: 'first', cached: false, listed: null },
      { version: '2.0.0', owner: 'second', cached: false, listed: null },
    ],
    conflicts: [],
    refusals: [],
    verdict: { allow: true },
  });
  t.is(house.requests.length, 0, 'who may not be asked is not asked for the explanation either');
});

test('a version that is kept: its owner, its hash, since when, and who publishes other bytes', async (t) => {
  const { larder, first, second } = await threeSources(t);
  t.is((await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg')).status, 200);
  const told = await explain(t, larder, 'Alpha/1.0.0.0');
  t.like(told, {
    id: 'Alpha',
    version: '1.0.0',
    served: true,
    because: `it is kept here since ${nowText}, from first`,
    owner: 'first',
    cached: true,
    cachedAt: nowText,
    listed: true,
    sha512: first.package('Alpha', '1.0.0').sha512,
    goneFromSource: undefined,
    verdict: { allow: true },
  });
  t.deepEqual(told.conflicts, [
    { version: '1.0.0', source: 'second', sha512: second.package('Alpha', '1.0.0').sha512 },
  ]);
  t.is(second.count('.nupkg'), 0, 'nothing is downloaded to find a conflict');
});

test('a version that is not kept yet: who has it, its hash as published, and nothing is fetched', async (t) => {
  const { larder, first, second } = await threeSources(t);
  const told = await explain(t, larder, 'alpha/2.0.0');
  t.like(told, {
    served: true,
    because: 'second has it; it is fetched when it is first asked for',
    owner: 'second',
    cached: false,
    listed: false,
    sha512: second.package('Alpha', '2.0.0').sha512,
  });
  t.deepEqual(
    told.sources.map(({ name, state, detail }) => [name, state, detail]),
    [
      ['house', 'notAsked', 'may not be asked for it'],
      ['first', 'missing', 'lists 1 version, and 2.0.0 is not among them'],
      ['second', 'found', 'lists 2.0.0 among 2 versions'],
    ],
  );
  t.is(first.count('.nupkg') + second.count('.nupkg'), 0);
});

test('a package that its source lists and then denies belongs to the next source, in words and in deeds', async (t) => {
  const packages = [{ id: 'Alpha', version: '1.0.0' }];
  const [first, second] = [await source(t, { packages }), await source(t, { packages })];
  const larder = await startLarder(t, { sources: { first, second } });
  first.fault('.nupkg', { status: 404 });
  const got = await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg');
  t.like(await explain(t, larder, 'alpha/1.0.0'), { owner: 'second', cached: true });
  t.is(got.headers['x-larder-source'], 'second');

  first.add({ id: 'Alpha', version: '3.0.0' });
  const fresh = await startLarder(t, { sources: { first, second } });
  t.is((await fresh.get('v3/flat/alpha/3.0.0/alpha.3.0.0.nupkg')).status, 404);
  const told = await explain(t, fresh, 'alpha/3.0.0');
  t.is(told.owner, undefined);
  t.is(told.served, false);
  t.deepEqual(
    told.sources.map(({ name, state, detail }) => [name, state, detail]),
    [
      ['first', 'missing', 'lists 3.0.0 among 2 versions, and says that its package is not there'],
      ['second', 'missing', 'lists 1 version, and 3.0.0 is not among them'],
    ],
  );
});

test('conflicts of all versions are known from registrations that hold hashes', async (t) => {
  const like = { traits: { hashInRegistration: true, catalog: false } };
  const first = await source(t, { ...like, packages: [{ id: 'Alpha', version: '1.0.0' }] });
  const packages = [
    { id: 'Alpha', version: '1.0.0', fillerBytes: 10 },
    { id: 'Alpha', version: '2.0.0' },
  ];
  const second = await source(t, { ...like, packages });
  const larder = await startLarder(t, { sources: { first, second } });
  await larder.get('v3/registration-semver2/alpha/index.json');
  const told = await explain(t, larder, 'alpha');
  t.deepEqual(told.conflicts, [
    { version: '1.0.0', source: 'second', sha512: second.package('Alpha', '1.0.0').sha512 },
  ]);
  t.deepEqual(
    told.versions?.map(({ version, owner, listed, sha512 }) => [version, owner, listed, sha512]),
    [
      ['1.0.0', 'first', true, first.package('Alpha', '1.0.0').sha512],
      ['2.0.0', 'second', true, second.package('Alpha', '2.0.0').sha512],
    ],
  );
});

test('nobody has it: every source said so itself', async (t) => {
  const { larder } = await threeSources(t);
  t.like(await explain(t, larder, 'nobody'), {
    served: false,
    because: 'first and second all say that there is no nobody',
  });
  t.like(await explain(t, larder, 'alpha/9.0.0'), {
    served: false,
    because: 'first and second all say that there is no alpha 9.0.0',
    cached: false,
    owner: undefined,
  });
});

test('an id that is claimed by a source outside the feed: nobody is asked, and that is said', async (t) => {
  const feeds = [{ name: 'default', sources: ['first', 'second'] }];
  const { larder, house, first, second } = await threeSources(t, { config: { feeds } });
  const told = await explain(t, larder, 'Corp.Log/1.0.0');
  t.like(told, { served: false, because: 'no source of the feed default may be asked for it', cached: false });
  t.deepEqual(
    told.sources.map(({ name, eligible, reason, state }) => [name, eligible, reason, state]),
    [
      ['first', false, 'its pattern * matches, but a longer one decides: Corp.* of house', 'notAsked'],
      ['second', false, 'its pattern * matches, but a longer one decides: Corp.* of house', 'notAsked'],
      [
        'house',
        false,
        'it is no source of the feed default; its pattern Corp.* matches, and no other source has a longer one',
        'notAsked',
      ],
    ],
  );
  t.is(house.requests.length + first.requests.length + second.requests.length, 0);
});

test('a source that fails is told as such, with what it said before', async (t) => {
  const { larder, first, second, clock } = await threeSources(t);
  await larder.get('v3/flat/alpha/index.json');
  await first.close();
  second.fault('', { status: 500 });
  clock.advance(61_000);
  const told = await explain(t, larder, 'alpha/1.0.0');
  const words = Object.fromEntries(told.sources.map((word) => [word.name, word]));
  t.like(words['first'], { state: 'failed', checkedAt: nowText, versions: ['1.0.0'] });
  t.regex(words['first']?.detail ?? '', /refused.*; before that it listed 1\.0\.0 among 1 version$/);
  t.like(words['second'], { state: 'failed', checkedAt: nowText });
  t.regex(words['second']?.detail ?? '', /answered 500; before that it listed 1\.0\.0 among 2 versions$/);
  t.like(told, { owner: 'first', cached: false, served: true });
});

test('where a source never answered, nothing is said of what it has', async (t) => {
  const { larder, first } = await threeSources(t);
  await first.close();
  const told = await explain(t, larder, 'alpha/2.0.0');
  t.false(told.served);
  t.regex(told.because, /^first could not be asked: /);
  t.like(
    told.sources.find(({ name }) => name === 'first'),
    { state: 'failed', versions: undefined },
  );
});

test('a source that refuses us is told as refused', async (t) => {
  const { larder, first } = await threeSources(t);
  first.fault('', { status: 401 });
  const word = (await explain(t, larder, 'alpha')).sources.find(({ name }) => name === 'first');
  t.like(word, {
    state: 'refused',
    detail: 'answered 401: it wants credentials, and none are configured: sources[].auth',
  });
});

test('a package that was refused is remembered with the reason until it comes in well', async (t) => {
  const only = await source(t, { packages: [{ id: 'Alpha', version: '1.0.0' }] });
  const larder = await startLarder(t, { sources: { only }, clock: new ManualClock() });
  only.fault('.nupkg', 'wrong package');
  // A package of this size is mostly judged before its first byte goes out; else the connection breaks off.
  const refused = await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg').catch(() => undefined);
  t.true(refused === undefined || refused.status === 502);
  for (const path of ['alpha/1.0.0', 'alpha']) {
    const { refusals } = await explain(t, larder, path);
    t.is(refusals.length, 1, path);
    t.like(refusals[0], { version: '1.0.0', source: 'only', code: 'package-rejected', at: nowText });
  }
  const told = await explain(t, larder, 'alpha/1.0.0');
  t.false(told.served);
  t.regex(told.because, /^only has it, but its download came to nothing: ./);
  only.clearFaults();
  t.is((await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg')).status, 200);
  t.like(await explain(t, larder, 'alpha/1.0.0'), { served: true, cached: true, refusals: [] });
});

test('a kept package that its source has no more is served, and that is said', async (t) => {
  const only = await source(t, {
    packages: [
      { id: 'Alpha', version: '1.0.0' },
      { id: 'Alpha', version: '2.0.0' },
    ],
  });
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { only }, clock });
  await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg');
  only.remove('Alpha', '1.0.0');
  clock.advance(3_600_000);
  const told = await explain(t, larder, 'alpha/1.0.0');
  t.like(told, { served: true, owner: 'only', cached: true, goneFromSource: true, listed: false });
  t.regex(told.because, /; only has it no more, it stays for those who depend on it$/);
  t.like((await explain(t, larder, 'alpha')).versions, [
    { version: '1.0.0', owner: 'only', cached: true },
    { version: '2.0.0', owner: 'only', cached: false },
  ]);
});

test('?offline=true asks nobody; a Larder that is offline never does', async (t) => {
  const { larder, first, second, clock } = await threeSources(t);
  const unknown = await explain(t, larder, 'alpha/1.0.0?offline=true');
  t.like(unknown, { served: false, because: 'offline, and it is not known here whether there is such a thing' });
  t.true(unknown.sources.every(({ state, checkedAt }) => state === 'notAsked' && checkedAt === null));
  t.is(first.requests.length + second.requests.length, 0);

  await larder.get('v3/flat/alpha/index.json');
  clock.advance(86_400_000);
  const asked = first.requests.length;
  const told = await explain(t, larder, 'alpha/1.0.0?offline=true');
  t.like(told, { served: false, because: 'offline, and it is not kept here', owner: 'first' });
  t.like(
    told.sources.find(({ name }) => name === 'first'),
    { state: 'found', checkedAt: nowText, detail: 'not asked while offline; it listed 1.0.0 among 1 version' },
  );
  t.is(first.requests.length, asked);

  const alone = await startLarder(t, { sources: { first }, config: { offline: true } });
  t.false((await explain(t, alone, 'alpha')).served);
  t.is(first.requests.length, asked);
});

test('another feed by name; one that is not there is 404', async (t) => {
  const feeds = [{ name: 'default' }, { name: 'public', sources: ['second'] }];
  const { larder } = await threeSources(t, { config: { feeds } });
  t.like(await explain(t, larder, 'alpha/1.0.0?feed=public'), { feed: 'public', owner: 'second' });
  const reply = await larder.get('api/explain/alpha?feed=nothing%22');
  t.is(reply.status, 404);
  t.like(problemSchema.parse(reply.json()), { code: 'not-found', detail: 'there is no feed "nothing\\""' });
});

for (const [path, code] of [
  ['explain/a..b', 'bad-id'],
  ['explain/alpha/not-a-version', 'bad-version'],
] as const)
  test(`/api/${path} is ${code}`, async (t) => {
    const { larder } = await threeSources(t);
    const reply = await larder.get(`api/${path}`);
    t.is(reply.status, 400);
    t.is(problemSchema.parse(reply.json()).code, code);
  });
