import test from 'ava';
import fc from 'fast-check';

import { RecentValues } from '../../src/ops/recent-values.js';

function valuesOf(capacity: number, numbers: readonly number[]): RecentValues {
  const values = new RecentValues(capacity);
  for (const number of numbers) values.add(number);
  return values;
}

test('percentiles are by nearest rank', (t) => {
  const values = valuesOf(
    512,
    Array.from({ length: 100 }, (_, i) => 100 - i),
  );
  t.deepEqual(values.percentiles(1, 50, 95, 99, 100), [1, 50, 95, 99, 100]);
  t.deepEqual(valuesOf(512, [15, 20, 35, 40, 50]).percentiles(5, 30, 40, 50, 100), [15, 20, 20, 35, 50]);
  t.deepEqual(valuesOf(512, [7]).percentiles(50, 95), [7, 7]);
});

test('without values there are no percentiles', (t) => {
  t.deepEqual(valuesOf(512, []).percentiles(50, 95), [undefined, undefined]);
});

test('only the last values count', (t) => {
  t.deepEqual(valuesOf(3, [1000, 1000, 1, 2, 3]).percentiles(50, 100), [2, 3]);
});

test('at least the asked part of the values is not above a percentile, and less than it is below', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 40 }),
      (numbers, percent, capacity) => {
        const kept = numbers.slice(-capacity);
        const [value = Number.NaN] = valuesOf(capacity, numbers).percentiles(percent);
        const notAbove = kept.filter((number) => number <= value).length;
        const below = kept.filter((number) => number < value).length;
        return notAbove * 100 >= percent * kept.length && below * 100 < percent * kept.length;
      },
    ),
  );
  t.pass();
});
