import test from 'ava';
import { failed, found, missing, refused } from '../../src/feed/answer.js';
import type { Reason } from '../../src/feed/answer.js';
import { SourceHealth } from '../../src/feed/source-health.js';
import { SteppedClock } from '../support/stepped-clock.js';

const hourMs = 3_600_000;
const probeTimeoutMs = 5_000;
const unauthorized = { code: 'source-refused', detail: 'answered 401', unauthorized: true } as const;
const failure = (code: Reason['code'], more: Partial<Reason> = {}) => failed({ code, detail: `told ${code}`, ...more });
const silence = failure('source-timeout');

/** A health whose probes are answered as `script` says, `never` when it says nothing more. */
function healthOf(script: (boolean | 'hangs')[] = []) {
  const clock = new SteppedClock();
  const health = new SourceHealth({ name: 'origin', clock, probeTimeoutMs, random: () => 0 });
  const probes: number[] = [];
  health.probeWith(async () => {
    probes.push(clock.monotonicMs());
    const answer = script.shift() ?? false;
    return answer === 'hangs' ? new Promise<boolean>(() => undefined) : answer;
  });
  return { clock, health, probes };
}

test('a source is unauthorized from an answer that says so until one that was found', (t) => {
  const { health } = healthOf();
  t.false(health.authorization.unauthorized);
  health.observe(refused({ code: 'source-refused', detail: 'answered 400' }));
  t.false(health.authorization.unauthorized);
  health.observe(refused(unauthorized));
  t.is(health.authorization.refusal, unauthorized);
  health.observe(missing);
  health.observe(failed({ code: 'source-failed', detail: 'answered 500' }));
  t.true(health.authorization.unauthorized, 'an absence or a failure proves nothing');
  health.observe({ kind: 'unchanged' });
  t.false(health.authorization.unauthorized);
  health.observe(refused(unauthorized));
  health.observe(found(1));
  t.false(health.authorization.unauthorized);
});

test('a refusal for want of credentials is news once an hour, everything else always', async (t) => {
  const { clock, health } = healthOf();
  t.true(health.isNews(unauthorized));
  health.observe(found(1));
  t.false(health.isNews(unauthorized), 'a source may show some things and not others');
  for (let i = 0; i < 2; i++) t.true(health.isNews({ code: 'source-failed', detail: 'answered 500' }));
  await clock.pass(hourMs);
  t.true(health.isNews(unauthorized));
});

test('two questions in a row without an answer say that a source is away, an answer between them that it is not', (t) => {
  const { health } = healthOf();
  health.observe(silence, 'a');
  t.is(health.away(), undefined);
  health.observe(missing, 'b');
  health.observe(silence, 'c');
  t.is(health.away(), undefined);
  health.observe(failure('source-unreachable'), 'c');
  t.like(health.away(), {
    code: 'source-unreachable',
    source: 'origin',
    detail:
      'origin is away since 2030-01-02T03:04:05Z and is not asked until it answers again; seen last: told source-unreachable',
    retryAfterMs: 1_000,
  });
  t.is(health.resting()?.code, 'source-unreachable');
  t.true(health.isAway);
});

test('one refused connection says it at once, unless something was answered since it was tried', (t) => {
  const refusedConnection = failure('source-unreachable', { unconnected: true });
  const { health } = healthOf();
  health.observe(refusedConnection, 'a');
  t.truthy(health.away());
  const other = healthOf();
  const beganAtMs = other.clock.monotonicMs() - 1;
  other.health.observe(found(1), 'b');
  other.health.observe(refusedConnection, 'a', beganAtMs);
  t.is(other.health.away(), undefined);
});

test('server errors on one question are no outage, on three different ones they are', (t) => {
  const { health } = healthOf();
  for (let i = 0; i < 20; i++) health.observe(failure('source-failed'), 'versions alpha');
  t.is(health.away(), undefined);
  health.observe(failure('source-failed'), 'versions beta');
  t.is(health.away(), undefined);
  health.observe(failure('source-failed'), 'registration beta');
  t.is(health.away()?.code, 'source-failed');
});

test('what we cannot do ourselves, and what a source refuses, says nothing on whether it is away', (t) => {
  const { health } = healthOf();
  for (const question of ['a', 'b', 'c', 'd']) {
    health.observe(failure('overloaded'), question);
    health.observe(failure('store-failed'), question);
    health.observe(refused({ code: 'source-refused', detail: 'a page' }), question);
  }
  t.is(health.away(), undefined);
});

test('any good answer closes it at once, also one that was asked for before', (t) => {
  for (const good of [found(1), missing, { kind: 'unchanged' } as const]) {
    const { health, clock } = healthOf();
    health.observe(silence, 'a');
    health.observe(silence, 'b');
    t.truthy(health.away());
    health.observe(good, 'c');
    t.is(health.away(), undefined);
    t.is(clock.nextInMs, undefined, 'no more probes');
  }
});

test('probes come after 1, 2, 4 … 30 seconds, whether anyone asks or not', async (t) => {
  const { health, clock, probes } = healthOf();
  const beganAtMs = clock.monotonicMs();
  health.observe(silence, 'a');
  health.observe(silence, 'b');
  await clock.pass(150_000);
  t.deepEqual(
    probes.map((atMs) => (atMs - beganAtMs) / 1000),
    [1, 3, 7, 15, 31, 61, 91, 121],
  );
  t.truthy(health.away());
});

test('who asks while it is away has it probed within two seconds, however long the pause has grown; many who ask cost one probe', async (t) => {
  const { health, clock, probes } = healthOf();
  health.observe(failure('source-unreachable', { unconnected: true }));
  await clock.pass(120_000);
  const before = probes.length;
  await clock.pass(2_000);
  for (let asked = 0; asked < 50; asked++) t.truthy(health.away());
  await clock.pass(0);
  t.is(probes.length, before + 1);
  for (let asked = 0; asked < 50; asked++) health.away();
  await clock.pass(0);
  t.is(probes.length, before + 1, 'not more often than every two seconds');
  await clock.pass(2_000);
  health.away();
  await clock.pass(0);
  t.is(probes.length, before + 2);
});

test('trap 21: a probe that hangs ends at its time-out and the next one is asked: nothing sticks half-open', async (t) => {
  const { health, clock, probes } = healthOf(['hangs', 'hangs', true]);
  health.observe(silence, 'a');
  health.observe(silence, 'b');
  await clock.pass(1_000 + probeTimeoutMs + 2_000 + probeTimeoutMs + 4_000 - 1);
  t.is(probes.length, 2);
  t.truthy(health.away());
  await clock.pass(1);
  t.is(probes.length, 3);
  t.is(health.away(), undefined);
});

test('trap 21: after an answered probe one failure opens it again, with longer pauses, and it closes again', async (t) => {
  const { health, clock, probes } = healthOf([true, false, true]);
  health.observe(silence, 'a');
  health.observe(silence, 'b');
  await clock.pass(1_000);
  t.is(health.away(), undefined);
  health.observe(failure('source-failed'), 'a');
  t.truthy(health.away(), 'it was on trial');
  await clock.pass(1_999);
  t.is(probes.length, 1);
  await clock.pass(1 + 4_000);
  t.is(probes.length, 3);
  t.is(health.away(), undefined);
  health.observe(found(1), 'a');
  health.observe(failure('source-failed'), 'a');
  t.is(health.away(), undefined, 'closed for good');
  health.observe(silence, 'b');
  health.observe(silence, 'c');
  t.is(health.away()?.retryAfterMs, 1_000, 'the next outage begins anew');
});

test('a closed house probes no more', async (t) => {
  const { health, clock, probes } = healthOf();
  health.observe(silence, 'a');
  health.observe(silence, 'b');
  health.close();
  await clock.pass(hourMs);
  t.deepEqual(probes, []);
});

test('those who wait are let go together when it turns out to be away, one turn after the one who asked', async (t) => {
  const { health } = healthOf();
  const never = new Promise<string>(() => undefined);
  const waiting = Promise.all([1, 2, 3].map(() => health.orAway(never, ({ code }) => code)));
  health.observe(silence, 'a');
  health.observe(silence, 'b');
  t.is(await health.orAway(Promise.resolve('own answer'), () => 'away'), 'own answer');
  t.deepEqual(await waiting, ['source-timeout', 'source-timeout', 'source-timeout']);
});

test('when two have waited in vain for a newer word nobody waits, until one comes quickly', async (t) => {
  const { health } = healthOf();
  const never = new Promise<string>(() => undefined);
  const waiting = Promise.all([1, 2, 3].map(() => health.orVain(never, () => 'let go')));
  health.late();
  t.false(health.isSlow);
  health.late();
  t.true(health.isSlow);
  t.deepEqual(await waiting, ['let go', 'let go', 'let go']);
  t.is(await health.orVain(never, () => 'at once'), 'at once');
  health.took(501);
  t.true(health.isSlow, 'not quickly');
  health.took(500);
  t.false(health.isSlow);
});

test('a pause counts for all until its end, and is no outage', async (t) => {
  const { health, clock } = healthOf();
  for (const question of ['a', 'b', 'c', 'd'])
    health.observe(failure('source-failed', { throttled: true, retryAfterMs: 7_000 }), question);
  t.is(health.away(), undefined);
  t.like(health.paused(), { code: 'source-failed', retryAfterMs: 7_000, throttled: true });
  t.regex(health.resting()?.detail ?? '', /^origin wants to be asked less and is left alone for another 7 s$/);
  health.observe(found(1), 'e');
  t.is(health.pausedMs(), 7_000, 'an answer that was on its way does not end it');
  await clock.pass(6_999);
  t.is(health.pausedMs(), 1);
  await clock.pass(1);
  t.is(health.paused(), undefined);
});

test('a pause without a time is short and grows while it goes on so; no pause is longer than ten minutes', async (t) => {
  const { health, clock } = healthOf();
  const pauses: number[] = [];
  for (let i = 0; i < 4; i++) {
    health.throttled(undefined);
    health.throttled(undefined);
    pauses.push(health.pausedMs());
    await clock.pass(health.pausedMs());
  }
  t.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000]);
  health.observe(found(1), 'a');
  health.throttled(undefined);
  t.is(health.pausedMs(), 1_000);
  health.throttled(24 * hourMs);
  t.is(health.pausedMs(), 600_000);
});

for (const hours of [8, -8])
  test(`a wall clock that is set by ${hours} hours neither opens nor closes nor prolongs anything`, async (t) => {
    const { health, clock, probes } = healthOf();
    health.throttled(10_000);
    clock.jump(hours * hourMs);
    t.is(health.pausedMs(), 10_000);
    await clock.pass(10_000);
    t.is(health.pausedMs(), 0);
    t.is(health.away(), undefined);
    health.observe(silence, 'a');
    health.observe(silence, 'b');
    clock.jump(hours * hourMs);
    t.truthy(health.away());
    await clock.pass(3_000);
    t.is(probes.length, 2);
  });

test('a source that cannot be probed is asked always; for what is kept it rests five seconds', async (t) => {
  const clock = new SteppedClock();
  const health = new SourceHealth({ name: 'folder', clock });
  for (const question of ['a', 'b', 'c']) health.observe(failure('source-unreachable'), question);
  t.is(health.away(), undefined);
  t.is(health.isAway, undefined);
  t.is(health.resting()?.code, 'source-unreachable');
  clock.jump(-hourMs);
  await clock.pass(5_000);
  t.is(health.resting(), undefined);
});

test('clients that got nothing in all their time say that it is away, unless something was answered meanwhile', async (t) => {
  const { health, clock } = healthOf();
  const reason = { code: 'source-timeout', detail: 'did not answer' } as const;
  const beganAtMs = clock.monotonicMs();
  await clock.pass(8_000);
  for (let i = 0; i < 5; i++) health.gaveUp(reason, `versions ${i}`, beganAtMs);
  t.is(health.away(), undefined, 'those who give up together are one');
  await clock.pass(8_000);
  health.observe(found(1), 'other');
  health.gaveUp(reason, 'a', beganAtMs);
  t.is(health.away(), undefined, 'something was answered');
  const laterMs = clock.monotonicMs() + 1;
  await clock.pass(8_000);
  health.gaveUp(reason, 'a', laterMs);
  health.waiting = 3;
  await clock.pass(8_000);
  health.gaveUp(reason, 'b', laterMs);
  t.is(health.away(), undefined, 'they waited for a connection of ours');
  health.waiting = 0;
  health.gaveUp(reason, 'b', laterMs);
  t.is(health.away()?.code, 'source-timeout');
});
