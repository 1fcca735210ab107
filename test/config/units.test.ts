import test from 'ava';
import { parseDuration, parseSize } from '../../src/config/units.js';

test('durations take units, and a bare number is milliseconds', (t) => {
  t.is(parseDuration('500ms'), 500);
  t.is(parseDuration('30s'), 30_000);
  t.is(parseDuration('10m'), 600_000);
  t.is(parseDuration('2h'), 7_200_000);
  t.is(parseDuration('1d'), 86_400_000);
  t.is(parseDuration(' 1.5 S '), 1500);
  t.is(parseDuration('250'), 250);
  t.is(parseDuration(0), 0);
});

test('sizes: MB is 10^6, MiB is 2^20, a bare number is bytes', (t) => {
  t.is(parseSize('5GB'), 5_000_000_000);
  t.is(parseSize('2MiB'), 2_097_152);
  t.is(parseSize('1.5kB'), 1500);
  t.is(parseSize('1KiB'), 1024);
  t.is(parseSize('1TiB'), 2 ** 40);
  t.is(parseSize('7B'), 7);
  t.is(parseSize(12), 12);
});

for (const text of [
  '',
  's',
  '-1s',
  '1 week',
  '1e3',
  '10GB',
  '0x10',
  '1,5s',
  'constructor',
  '1constructor',
  '1toString',
])
  test(`“${text}” is no duration`, (t) => {
    t.is(parseDuration(text), undefined);
  });

for (const text of ['', 'GB', '-1', '1G', '10s', '99999999999TB', 'Infinity'])
  test(`“${text}” is no size`, (t) => {
    t.is(parseSize(text), undefined);
  });
