import test from 'ava';
import { RequestBudget } from '../../src/feed/request-budget.js';
import { systemClock } from '../../src/ops/clock.js';
import { ManualClock } from '../support/larder.js';
import { SteppedClock } from '../support/stepped-clock.js';

const never = new Promise<never>(() => undefined);
const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 10));

test('what comes in time is given, what does not is not waited for', async (t) => {
  const clock = new SteppedClock();
  const budget = new RequestBudget(30_000, clock);
  t.is(await budget.wait(later('came'), () => 'over'), 'came');
  const waited = budget.wait(never, () => 'over');
  await clock.pass(30_000);
  t.is(await waited, 'over');
});

test('a failure of the work is a failure, and one that comes too late is nobody’s', async (t) => {
  const broken = new Error('broken');
  await t.throwsAsync(
    new RequestBudget(30_000, systemClock).wait(Promise.reject(broken), () => 'over'),
    { is: broken },
  );
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(broken), 40));
  t.is(await new RequestBudget(5, systemClock).wait(late, () => 'over'), 'over');
  await t.throwsAsync(late, { is: broken });
});

test('one budget is spent over all that is waited for', async (t) => {
  const clock = new SteppedClock();
  const budget = new RequestBudget(60_000, clock);
  t.is(await budget.wait(later('first'), () => 'over'), 'first');
  await clock.pass(60_000);
  const waited = budget.wait(never, () => 'over');
  await clock.pass(0);
  t.is(await waited, 'over', 'nothing is left');
});

test('the reason names the source, the time and the setting', (t) => {
  t.deepEqual(new RequestBudget(1_500, systemClock).usedUp('internal'), {
    code: 'source-timeout',
    source: 'internal',
    detail: 'internal did not answer within the 1.5 s of limits.requestBudget',
  });
  t.is(
    new RequestBudget(1_500, systemClock).usedUp('internal', 7).detail,
    'internal did not answer within the 1.5 s of limits.requestBudget; 7 requests wait for a free connection to it (sources[].maxConcurrent)',
  );
});

test('a wall clock that is set by hours in either direction makes a budget neither longer nor shorter', async (t) => {
  const clock = new ManualClock();
  const budget = new RequestBudget(60_000, clock);
  clock.advance(20_000);
  for (const hours of [5, -10]) {
    clock.jump(hours * 3_600_000);
    t.is(budget.leftMs, 40_000);
  }
});
