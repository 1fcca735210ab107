import test from 'ava';

import { KeyRing } from '../../src/http/key-ring.js';

test('each key has its name, and what is almost a key has none', (t) => {
  const ring = new KeyRing([
    { name: 'a', key: 'first-key' },
    { name: 'b', key: 'second-key' },
    { name: 'c', key: 'third-key' },
  ]);
  for (const [presented, name] of [
    ['first-key', 'a'],
    ['second-key', 'b'],
    ['third-key', 'c'],
    ['first-ke', undefined],
    ['first-key ', undefined],
    ['First-key', undefined],
    ['', undefined],
  ] as const)
    t.is(ring.nameOf(Buffer.from(presented)), name, presented);
  t.is(ring.nameOf(Buffer.alloc(1_000_000)), undefined);
  t.false(ring.isEmpty);
});

test('no keys, no names', (t) => {
  t.true(new KeyRing([]).isEmpty);
  t.is(new KeyRing([]).nameOf(Buffer.from('x')), undefined);
});
