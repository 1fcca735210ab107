import test from 'ava';
import { RecentRows } from '../../../src/store/level/recent-rows.js';

const put = (key: string, value: Buffer) => ({ type: 'put', key, value }) as const;

test('a row that was written is there until it is about to be replaced', (t) => {
  const rows = new RecentRows(1_000_000);
  rows.written([put('a', Buffer.from('one')), put('b', Buffer.from('two')), { type: 'del', key: 'c' }]);
  t.is(rows.get('a')?.toString(), 'one');
  t.is(rows.get('c'), undefined);
  rows.replace([put('a', Buffer.from('three')), { type: 'del', key: 'b' }]);
  t.is(rows.get('a'), undefined);
  t.is(rows.get('b'), undefined);
});

test('what the writer does with its bytes afterwards changes nothing', (t) => {
  const rows = new RecentRows(1_000_000);
  const bytes = Buffer.from('one');
  rows.written([put('a', bytes)]);
  bytes.fill(0);
  t.is(rows.get('a')?.toString(), 'one');
});

test('large rows are left to the disk, and all rows together take no more than they may', (t) => {
  const rows = new RecentRows(10_000);
  rows.written([put('large', Buffer.alloc(200_000))]);
  t.is(rows.get('large'), undefined);
  for (let number = 0; number < 100; number++) rows.written([put(`row${number}`, Buffer.alloc(700))]);
  const kept = Array.from({ length: 100 }, (_, number) => rows.get(`row${number}`)).filter((row) => row !== undefined);
  t.is(kept.length, 10);
});
