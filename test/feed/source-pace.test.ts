import test from 'ava';
import { SourcePace } from '../../src/feed/source-pace.js';

test('a newer word is waited for about as long as the source usually takes, and as long as may be while nothing is known', (t) => {
  const pace = new SourcePace(500);
  t.is(pace.graceMs, 500);
  for (let answer = 0; answer < 50; answer++) pace.took(answer % 2 === 0 ? 110 : 130);
  t.true(pace.graceMs > 130 && pace.graceMs < 250, String(pace.graceMs));
  for (let answer = 0; answer < 50; answer++) pace.took(5);
  t.is(pace.graceMs, 100, 'a moment is nothing');
});

test('a source that becomes slower is waited for longer, up to the limit', (t) => {
  const pace = new SourcePace(500);
  for (let answer = 0; answer < 20; answer++) pace.took(20);
  pace.took(300);
  const afterOne = pace.graceMs;
  t.true(afterOne > 200, String(afterOne));
  for (let answer = 0; answer < 20; answer++) pace.took(5_000);
  t.is(pace.graceMs, 500);
});
