import test from 'ava';
import { deferred } from '../../src/feed/deferred.js';
import { within } from '../../src/feed/within.js';
import { SteppedClock } from '../support/stepped-clock.js';

const late = () => 'late';

test('work that is done in time says what comes of it, and no timer is left', async (t) => {
  const clock = new SteppedClock();
  const work = deferred<string>();
  const told = within(clock, 100, work.promise, late);
  await clock.pass(99);
  work.resolve('done');
  t.is(await told, 'done');
  t.is(clock.nextInMs, undefined);
});

test('who waits too long is told so, and the work goes on', async (t) => {
  const clock = new SteppedClock();
  const work = deferred<string>();
  const told = within(clock, 100, work.promise, late);
  await clock.pass(100);
  t.is(await told, 'late');
  work.resolve('done');
  t.is(await work.promise, 'done');
});

test('what the work throws is thrown, and so is what is thrown for being late', async (t) => {
  const clock = new SteppedClock();
  await t.throwsAsync(within(clock, 100, Promise.reject(new Error('broken')), late), { message: 'broken' });
  t.is(clock.nextInMs, undefined);
  const never = within(clock, 100, deferred<string>().promise, () => Promise.reject(new Error('too late')));
  const thrown = t.throwsAsync(never, { message: 'too late' });
  await clock.pass(100);
  await thrown;
});

test('work that fails after its time does no harm', async (t) => {
  const clock = new SteppedClock();
  const over = deferred<undefined>();
  const work = over.promise.then(() => Promise.reject<string>(new Error('broken')));
  const told = within(clock, 100, work, late);
  await clock.pass(100);
  t.is(await told, 'late');
  over.resolve(undefined);
  await new Promise((resolve) => setImmediate(resolve));
});
