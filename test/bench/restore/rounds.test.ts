import test from 'ava';
import { measureRounds, medianSeconds, ratios } from './rounds.js';

test('peers are measured in turn, each round begins with another, and warming up does not count', async (t) => {
  const order: string[] = [];
  const peer = (name: string, tookMs: number) => async () => {
    order.push(name);
    return tookMs + order.length;
  };
  const rounds = await measureRounds({ a: peer('a', 2_000), b: peer('b', 1_000) }, { rounds: 2, warmUps: 1 });
  t.is(order.join(''), 'baabba');
  t.deepEqual(rounds, [
    { a: 2_003, b: 1_004 },
    { a: 2_006, b: 1_005 },
  ]);
  t.deepEqual(ratios(rounds, 'a', 'b'), [2_003 / 1_004, 2_006 / 1_005]);
  t.is(medianSeconds(rounds, 'a'), '2.01 s');
});
