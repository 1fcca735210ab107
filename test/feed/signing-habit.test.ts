import test from 'ava';

import { SigningHabit } from '../../src/feed/signing-habit.js';
import type { Evidence } from '../../src/feed/store.js';

const small = 100_000;
const come = (habit: SigningHabit, count: number, evidence: readonly Evidence[], size = small) => {
  for (let i = 0; i < count; i++) habit.note({ source: 'origin', evidence, size });
};

test('a source whose packages were all signed counts as one that signs from the first on', (t) => {
  const habit = new SigningHabit();
  t.is(habit.isUsual('origin'), undefined);
  come(habit, 1, ['published-hash', 'signature-hash']);
  t.true(habit.isUsual('origin'));
  t.is(habit.isUsual('another'), undefined);
});

test('after one without a signature twenty in a row have to come', (t) => {
  const habit = new SigningHabit();
  come(habit, 100, ['signature-hash']);
  come(habit, 1, ['published-hash']);
  t.false(habit.isUsual('origin'));
  come(habit, 19, ['signature-hash']);
  t.false(habit.isUsual('origin'));
  come(habit, 1, ['signature-hash']);
  t.true(habit.isUsual('origin'));
});

test('a large package says nothing where its signature was not looked at', (t) => {
  const habit = new SigningHabit();
  come(habit, 1, ['signature-hash']);
  come(habit, 5, ['published-hash'], 50_000_000);
  t.true(habit.isUsual('origin'));
});
