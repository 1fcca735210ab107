import test from 'ava';
import type { ExecutionContext } from 'ava';

import { systemClock } from '../../src/ops/clock.js';
import { eventually } from '../support/eventually.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { Fault } from '../support/scripted-source.js';
import { advisory, basePage, tellVulnerabilities } from '../support/scripted-vulnerabilities.js';

const list = 'v3/flat/alpha/index.json';
const registration = 'v3/registration-semver2/alpha/index.json';
const nupkg = 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg';
const nuspec = 'v3/flat/alpha/1.0.0/alpha.nuspec';
/** Enough for a busy machine to answer what is answered at once. */
const budgetSeconds = 3;

/** Two sources, of which the first is as slow as the fault makes it and has much patience on our side. */
async function start(t: ExecutionContext, fault: Fault | undefined, config: object = {}) {
  // So many versions that no list of them drips through in time.
  const packages = Array.from({ length: 60 }, (_, i) => ({ id: 'Alpha', version: `1.${i}.0` }));
  const slow = await startScriptedSource({ packages });
  const quick = await startScriptedSource({ packages: [{ id: 'Beta', version: '1.0.0' }] });
  t.teardown(() => Promise.all([slow.close(), quick.close()]));
  if (fault !== undefined) slow.fault('alpha', fault);
  const clock = new ManualClock();
  const larder = await startLarder(t, {
    sources: { slow, quick },
    source: { timeouts: { headers: '60s', idle: '60s' } },
    config: { limits: { requestBudget: `${budgetSeconds}s` }, ...config },
    clock,
  });
  return { slow, quick, larder, clock };
}

async function assertUsedUp(t: ExecutionContext, larder: LarderUnderTest, path: string): Promise<void> {
  const got = await larder.get(path);
  t.is(got.status, 504, path);
  const problem = got.json<{ code: string; source: string; detail: string }>();
  t.is(problem.code, 'source-timeout');
  t.is(problem.source, 'slow');
  t.regex(
    problem.detail,
    new RegExp(`^slow did not answer within the ${budgetSeconds} s of limits\\.requestBudget\\.`),
  );
}

for (const [what, fault, paths] of [
  ['is silent', 'hang', [list, registration, nupkg, nuspec]],
  ['drips', { dripBytesPerSecond: 20 }, [list, registration, nuspec]],
] as const)
  for (const path of paths)
    test(`a client waits for a source that ${what} no longer than its budget: ${path}`, async (t) => {
      const { larder } = await start(t, fault);
      await assertUsedUp(t, larder, path);
    });

for (const [what, path] of [
  ['what is known of vulnerabilities', 'v3/vulnerabilities/index.json'],
  ['a search', 'v3/search?q=alpha'],
] as const)
  test(`a client waits for ${what} no longer than its budget`, async (t) => {
    const { slow, quick, larder } = await start(t, undefined, { feeds: [{ name: 'default', sources: ['slow'] }] });
    for (const source of [slow, quick]) tellVulnerabilities(source, [basePage({ alpha: [advisory(1)] })]);
    slow.fault(/vulnerabilit|query/, { dripBytesPerSecond: 5 });
    const got = await larder.get(path);
    t.is(got.status, 504, got.text());
    t.like(got.json(), { code: 'source-timeout', source: 'slow' });
    t.regex(got.json<{ detail: string }>().detail, /did not answer within (the )?3 s/);
  });

test('what one client no longer waited for goes on and is there for the next', async (t) => {
  const { slow, larder } = await start(t, { delayMs: 4_500 });
  await Promise.all([assertUsedUp(t, larder, list), assertUsedUp(t, larder, registration)]);
  for (let tries = 0; tries < 100; tries++) {
    if ((await larder.get(list)).status === 200 && (await larder.get(registration)).status === 200) break;
    await systemClock.sleep(20);
  }
  t.is((await larder.get(list)).headers['x-cache'], 'HIT');
  t.is((await larder.get(registration)).headers['x-cache'], 'HIT');
  t.is(slow.count(/flat.*\/alpha\/index\.json/), 1, 'asked once for all who came');
});

test('a download goes on when the clients who wanted it have given up', async (t) => {
  const { slow, larder } = await start(t, undefined);
  slow.fault('.nupkg', { delayMs: 4_500 });
  await larder.get(list);
  await Promise.all([assertUsedUp(t, larder, nupkg), assertUsedUp(t, larder, nuspec)]);
  for (let tries = 0; tries < 100 && (await larder.get(nuspec)).status !== 200; tries++) await systemClock.sleep(20);
  t.is((await larder.get(nupkg)).headers['x-cache'], 'HIT');
  t.is(slow.count('.nupkg'), 1);
});

test('with onSourceFailure: partial the others are served when the budget is used up', async (t) => {
  const { quick, larder } = await start(t, 'hang', {
    feeds: [{ name: 'default', onSourceFailure: 'partial' }],
  });
  quick.add({ id: 'Alpha', version: '2.0.0' });
  const got = await larder.get(list);
  t.is(got.status, 200);
  t.deepEqual(got.json(), { versions: ['2.0.0'] });
  t.regex(String(got.headers['x-nuget-warning']), /left out slow: slow did not answer within/);
});

test('with onSourceFailure: fail a refresh is not waited for longer than the budget', async (t) => {
  const { slow, larder, clock } = await start(t, undefined, {
    feeds: [{ name: 'default', onSourceFailure: 'fail' }],
  });
  t.is((await larder.get(list)).status, 200);
  clock.advance(3_600_000);
  slow.fault('alpha', 'hang');
  await assertUsedUp(t, larder, list);
});

test('trap 21: a source that is away costs the next clients nothing, and is found again when it is back', async (t) => {
  // A client that waited for its budget would let this test fail by its time limit.
  const { slow, larder } = await start(t, undefined, { limits: { requestBudget: '10m' } });
  t.is((await larder.get(list)).status, 200);
  await slow.close();
  const first = await larder.get(registration);
  t.is(first.json<{ code: string }>().code, 'source-unreachable');
  const asked = slow.requests.length;
  for (let i = 0; i < 100; i++) {
    const got = await larder.get(`v3/flat/cold${i}/index.json`);
    t.is(got.status, 503);
    t.regex(got.reason, /^slow is away since .+; seen last: connection refused$/);
  }
  t.is(slow.requests.length, asked);
  await slow.reopen();
  const back = await eventually(
    () => larder.get(registration),
    ({ status }) => status !== 503,
  );
  t.is(back.status, 200);
  t.is((await larder.get('v3/flat/delta/index.json')).status, 404);
});

test('those who wait for a source already are let go when it turns out to be away', async (t) => {
  // Their own requests would end in minutes.
  const { slow, larder } = await start(t, undefined, { limits: { requestBudget: '10m' } });
  slow.fault('cold', 'hang');
  const waiting = Array.from({ length: 20 }, (_, i) => larder.get(`v3/flat/cold${i}/index.json`));
  await eventually(
    async () => slow.count('cold'),
    (count) => count === 20,
  );
  slow.fault('other', 'refuse');
  for (const id of ['other1', 'other2']) t.is((await larder.get(`v3/flat/${id}/index.json`)).status, 503);
  for (const got of await Promise.all(waiting)) {
    t.is(got.status, 503);
    t.regex(got.reason, /^slow is away since .+; seen last: connection closed by the source$/);
  }
  t.is(slow.count('cold'), 20, 'not asked twice');
});

test('one budget holds for a cold package over all its sources, with a dead one in the first place', async (t) => {
  const { quick, larder } = await start(t, 'hang');
  quick.add({ id: 'Alpha', version: '1.0.0' });
  const beganAtMs = performance.now();
  await assertUsedUp(t, larder, nupkg);
  t.true(performance.now() - beganAtMs < 2 * budgetSeconds * 1000, 'list, hash and package share it');
});
