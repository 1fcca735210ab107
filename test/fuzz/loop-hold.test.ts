import test from 'ava';
import { longestHoldMs } from './loop-hold.js';

test('work that holds the loop is told from work that gives way', async (t) => {
  const busy = () => {
    const untilMs = performance.now() + 60;
    let sum = 0;
    while (performance.now() < untilMs) sum++;
    return sum;
  };
  const held = await longestHoldMs(busy, 3);
  const idle = await longestHoldMs(() => new Promise((resolve) => setTimeout(resolve, 60)), 3);
  t.true(held > idle, `${held} ms and ${idle} ms`);
});
