import test from 'ava';
import { failed, found } from '../../../src/feed/answer.js';
import type { Clock } from '../../../src/ops/clock.js';
import { ResourceAddresses } from '../../../src/sources/v3/resource-addresses.js';
import { ServiceIndexMemo } from '../../../src/sources/v3/service-index-memo.js';
import type { ServiceIndexAnswer } from '../../../src/sources/v3/service-index-memo.js';

const none = new ResourceAddresses([]);
const index = () =>
  found({
    registration: none,
    flatContainer: none,
    catalog: none,
    search: none,
    autocomplete: none,
    vulnerabilities: none,
    repositorySignatures: none,
  });
const failure = failed({ code: 'source-unreachable', detail: 'connection refused' });

function memoOf(answers: (() => Promise<ServiceIndexAnswer>)[]) {
  const clock: Clock & { nowMs: number } = {
    nowMs: 0,
    // The wall clock is set by hours now and then.
    now: () => (clock.nowMs % 7) * 3_600_000,
    monotonicMs: () => clock.nowMs,
    sleep: async () => undefined,
    later: () => () => undefined,
  };
  const asked = { times: 0 };
  const memo = new ServiceIndexMemo(
    async () => {
      const next = answers[asked.times++];
      if (next === undefined) throw new Error('asked too often');
      return next();
    },
    600_000,
    clock,
  );
  return { memo, clock, asked };
}

test('it is read once for all who wait, and again only after its time', async (t) => {
  const { memo, clock, asked } = memoOf([async () => index(), async () => index()]);
  const [first, second] = await Promise.all([memo.get(), memo.get()]);
  t.is(first, second);
  clock.nowMs = 599_999;
  t.is(await memo.get(), first);
  t.is(asked.times, 1);
  clock.nowMs = 600_000;
  t.not(await memo.get(), first);
  t.is(asked.times, 2);
});

test('a failure is not kept: the next use asks again', async (t) => {
  const { memo } = memoOf([async () => failure, async () => index()]);
  t.is((await memo.get()).kind, 'failed');
  t.is((await memo.get()).kind, 'found');
});

test('when reading it anew fails, the last good one is used, and the source is not asked each time', async (t) => {
  const { memo, clock, asked } = memoOf([async () => index(), async () => failure, async () => index()]);
  const first = await memo.get();
  clock.nowMs = 700_000;
  t.is(await memo.get(), first);
  t.is(await memo.get(), first);
  t.is(asked.times, 2);
  clock.nowMs = 711_000;
  t.not(await memo.get(), first);
});

test('one who gives up does not end the reading for the others', async (t) => {
  let finish: (answer: ServiceIndexAnswer) => void = () => undefined;
  const { memo, asked } = memoOf([() => new Promise((resolve) => (finish = resolve))]);
  const impatient = new AbortController();
  const reason = new Error('no time');
  const givenUp = memo.get(impatient.signal);
  const patient = memo.get();
  impatient.abort(reason);
  await t.throwsAsync(givenUp, { is: reason });
  finish(index());
  t.is((await patient).kind, 'found');
  t.is(asked.times, 1);
});

test('what the source says now is told without an older index in its place, and asked for once in a while', async (t) => {
  const { memo, clock, asked } = memoOf([
    async () => index(),
    async () => failure,
    async () => failure,
    async () => index(),
  ]);
  const first = await memo.get();
  clock.nowMs = 29_999;
  t.is(await memo.recent(), first);
  t.is(asked.times, 1);
  clock.nowMs = 30_000;
  t.is(await memo.recent(), failure);
  t.is(await memo.get(), first, 'where an older one does, it is used on');
  clock.nowMs = 34_999;
  t.is(await memo.recent(), failure);
  t.is(asked.times, 2);
  clock.nowMs = 35_000;
  t.is(await memo.recent(), failure);
  clock.nowMs = 40_000;
  t.is((await memo.recent()).kind, 'found');
  t.is(asked.times, 4);
});
