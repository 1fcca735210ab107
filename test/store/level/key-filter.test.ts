import test from 'ava';
import fc from 'fast-check';
import { KeyFilter } from '../../../src/store/level/key-filter.js';

test('a key that was added is never told absent, whatever it looks like', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 200 }), (keys) => {
      const filter = new KeyFilter();
      for (const key of keys) filter.add(key);
      t.true(keys.every((key) => filter.mayHave(key)));
    }),
  );
});

test('of keys that were never added nearly all are told absent, with 200,000 others in it too', (t) => {
  const filter = new KeyFilter();
  const keyOf = (number: number) => `fact/nuget.org/versions/package${number}`;
  t.false(filter.mayHave(keyOf(0)));
  for (let number = 0; number < 200_000; number++) filter.add(keyOf(number));
  let mistaken = 0;
  for (let number = 200_000; number < 300_000; number++) if (filter.mayHave(keyOf(number))) mistaken++;
  t.true(mistaken < 300, `${mistaken} of 100000`);
});
