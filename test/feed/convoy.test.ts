import test from 'ava';

import { Convoy } from '../../src/feed/convoy.js';
import type { Clock } from '../../src/ops/clock.js';

const mebibyte = 1024 * 1024;
const far = 5 * mebibyte;

/** A clock whose sleeps end at once and are counted. */
function countingClock(onSleep: (sleeps: number) => void = () => undefined): Clock & { slept: number } {
  return {
    slept: 0,
    now: () => 0,
    monotonicMs: () => 0,
    later: () => () => undefined,
    async sleep() {
      onSleep(++this.slept);
    },
  };
}

function convoyOf(clock: Clock, count: number) {
  const convoy = new Convoy(clock);
  return { convoy, followers: Array.from({ length: count }, () => convoy.join(0)) };
}

test('a few followers are never waited for', async (t) => {
  const clock = countingClock();
  const { convoy } = convoyOf(clock, 32);
  await convoy.near(1000 * mebibyte);
  t.is(clock.slept, 0);
});

test('many are waited for until the last of them is near', async (t) => {
  const clock = countingClock((sleeps) => {
    for (const follower of followers) follower.offset += mebibyte / 4;
    if (sleeps < 5) followers[0]!.offset = sleeps;
  });
  const { convoy, followers } = convoyOf(clock, 33);
  await convoy.near(far);
  t.is(clock.slept, 8);
});

test('who stands still is left behind after a second, and not waited for again', async (t) => {
  const clock = countingClock();
  const { convoy, followers } = convoyOf(clock, 33);
  for (const follower of followers.slice(1)) follower.offset = far;
  await convoy.near(far);
  t.is(clock.slept, 50);
  await convoy.near(far);
  t.is(clock.slept, 50);
});

test('who is slow while another has nothing left to read is left behind; who merely is slow is not', async (t) => {
  for (const isWaiting of [true, false]) {
    const clock = countingClock(() => followers[0]!.offset++);
    const { convoy, followers } = convoyOf(clock, 33);
    for (const follower of followers.slice(1)) follower.offset = far;
    followers[1]!.isWaiting = isWaiting;
    let isNear = false;
    const waiting = convoy.near(far).then(() => (isNear = true));
    for (let turn = 0; turn < 2000; turn++) await Promise.resolve();
    t.is(isNear, isWaiting);
    followers[0]!.offset = far;
    await waiting;
  }
});

test('who leaves is not waited for', async (t) => {
  const clock = countingClock(() => convoy.leave(followers[0]!));
  const { convoy, followers } = convoyOf(clock, 34);
  for (const follower of followers.slice(1)) follower.offset = far;
  await convoy.near(far);
  t.is(clock.slept, 1);
});
