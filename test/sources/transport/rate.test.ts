import test from 'ava';
import { RequestRate } from '../../../src/sources/transport/rate.js';
import { SteppedClock } from '../../support/stepped-clock.js';

test('a second’s worth goes at once, the rest in its time and order, whatever the wall clock says', async (t) => {
  const clock = new SteppedClock();
  const rate = new RequestRate(4, clock);
  const went: number[] = [];
  for (let i = 0; i < 10; i++) void rate.turn().then(() => went.push(i));
  await clock.pass(0);
  t.deepEqual(went, [0, 1, 2, 3]);
  clock.jump(-3_600_000);
  await clock.pass(249);
  t.is(went.length, 4);
  await clock.pass(1);
  t.deepEqual(went, [0, 1, 2, 3, 4]);
  await clock.pass(1_250);
  t.deepEqual(went, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await clock.pass(60_000);
  for (let i = 10; i < 20; i++) void rate.turn().then(() => went.push(i));
  await clock.pass(0);
  t.is(went.length, 14, 'no more than a second’s worth is saved up');
});

test('who gives up leaves the turn to others', async (t) => {
  const clock = new SteppedClock();
  const rate = new RequestRate(1, clock);
  await rate.turn();
  const impatient = new AbortController();
  const given = rate.turn(impatient.signal);
  const reason = new Error('no time');
  impatient.abort(reason);
  await t.throwsAsync(given, { is: reason });
  let went = false;
  void rate.turn().then(() => (went = true));
  await clock.pass(1_000);
  t.true(went);
});
