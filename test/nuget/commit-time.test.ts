import test from 'ava';
import fc from 'fast-check';
import { commitTimeAt, earlier, readCommitTime } from '../../src/nuget/commit-time.js';

test('times as catalogs and registrations write them become texts that sort as times', (t) => {
  const written = [
    '2024-05-17T09:30:12Z',
    '2024-05-17T09:30:12.0000001Z',
    '2024-05-17T09:30:12.117338Z',
    '2024-05-17T09:30:12.1173381Z',
    '2024-05-17T11:30:12.1173382+02:00',
    '2024-05-17T09:30:12.2+00:00',
    '2024-05-17T09:30:13',
  ];
  const read = written.map(readCommitTime);
  t.deepEqual(
    [...read].sort((a = '', b = '') => (a < b ? -1 : 1)),
    read,
  );
  t.is(new Set(read).size, written.length);
  t.is(read[4], '2024-05-17T09:30:12.1173382Z');
});

test('what is no time is none', (t) => {
  for (const junk of [
    '',
    'soon',
    '2024-13-40T00:00:00Z',
    '2024-05-17',
    1715938212,
    null,
    undefined,
    {},
    '9999-12-31T23:59:59-14:00',
  ])
    t.is(readCommitTime(junk), undefined, JSON.stringify(junk));
});

test('a time of the clock sorts with times that were read, and so much before it is before it', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 1e9 }), (ms, by) => {
      const text = new Date(ms).toISOString();
      return (
        commitTimeAt(ms) === readCommitTime(text) &&
        (ms < by || earlier(commitTimeAt(ms), by) === commitTimeAt(ms - by)) &&
        (by === 0 || ms < by || earlier(commitTimeAt(ms), by) < commitTimeAt(ms))
      );
    }),
  );
  t.is(earlier('', 1_000), '', 'before everything stays there');
});
