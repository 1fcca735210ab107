import test from 'ava';

import { conflictsOf } from '../../src/nuget/version-conflicts.js';

const row = (key: string, sha512?: string) => ({
  source: 'unread',
  version: key,
  key,
  listed: true,
  semVer2: false,
  part: 0,
  offset: 0,
  length: 1,
  ...(sha512 !== undefined && { sha512 }),
});
const registrations = [
  { source: 'a', rows: [row('1.0.0', 'AA'), row('2.0.0', 'BB'), row('3.0.0')] },
  { source: 'b', rows: [row('1.0.0', 'AA'), row('2.0.0', 'XX'), row('3.0.0', 'CC')] },
  { source: 'c', rows: [row('2.0.0', 'YY'), row('3.0.0', 'DD')] },
];
const owned = ['1.0.0', '2.0.0', '3.0.0'].map((version) => ({ version, source: 'a' }));

test('other published hashes than the owner’s are conflicts; equal and unknown ones are not', (t) => {
  t.deepEqual(conflictsOf(owned, registrations), [
    {
      version: '2.0.0',
      owner: { source: 'a', sha512: 'BB' },
      others: [
        { source: 'b', sha512: 'XX' },
        { source: 'c', sha512: 'YY' },
      ],
    },
  ]);
});

test('the hash of what is kept counts where the owner publishes none', (t) => {
  t.deepEqual(
    conflictsOf(owned, registrations, new Map([['3.0.0', 'CC']])).find(({ version }) => version === '3.0.0'),
    { version: '3.0.0', owner: { source: 'a', sha512: 'CC' }, others: [{ source: 'c', sha512: 'DD' }] },
  );
});
