import test from 'ava';

import { PackageVersion } from '../../src/nuget/package-version.js';
import { matchRows, paginate, rowsBetween, rowsOfHive } from '../../src/nuget/registration-table.js';
import type { RegistrationRow } from '../../src/nuget/registration-table.js';

const row = (version: string, source = 'a', semVer2 = false): RegistrationRow => ({
  source,
  version,
  key: PackageVersion.parse(version).key,
  listed: true,
  semVer2,
  part: 0,
  offset: 0,
  length: 1,
});
const show = (rows: readonly ({ version: string; source: string } | undefined)[]) =>
  rows.map((one) => one && `${one.version}@${one.source}`);

test('each owned version gets the row of its owner, never that of another source', (t) => {
  const rows = matchRows(
    [
      { version: '1.0.0', source: 'a' },
      { version: '2.0.0', source: 'b' },
      { version: '2.5.0', source: 'a' },
      { version: '3.0.0-rc', source: 'b' },
    ],
    [
      { source: 'a', rows: [row('0.5.0'), row('1.0.0+meta'), row('2.0.0'), row('3.0.0-RC')] },
      { source: 'b', rows: ['1.0.0', '2.0.0', '2.5.0', '3.0.0-rc'].map((version) => row(version, 'b')) },
    ],
  );
  t.deepEqual(show(rows), ['1.0.0+meta@a', '2.0.0@b', undefined, '3.0.0-rc@b']);
});

test('the SemVer1 hive hides SemVer2 rows', (t) => {
  const owned = [row('1.0.0', 'a', true), row('2.0.0')];
  t.deepEqual(show(rowsOfHive(owned, 'semver1')), ['2.0.0@a']);
  t.deepEqual(show(rowsOfHive(owned, 'semver2')), ['1.0.0@a', '2.0.0@a']);
});

test('pages hold 64 leaves and are inlined up to 127', (t) => {
  const owned = (count: number) => Array.from({ length: count }, (_, i) => row(`1.0.${i}`));
  t.deepEqual(
    paginate(owned(127)).pages.map((page) => page.length),
    [64, 63],
  );
  t.true(paginate(owned(127)).inlined);
  t.deepEqual(
    paginate(owned(129)).pages.map((page) => page.length),
    [64, 64, 1],
  );
  t.false(paginate(owned(128)).inlined);
});

test('a page can be asked for by any bounds, so its address stays good when pages shift', (t) => {
  const rows = ['1.0.0', '1.5.0', '2.0.0', '2.5.0-beta'].map((version) => row(version));
  const between = (lower: string, upper: string) =>
    show(rowsBetween(rows, PackageVersion.parse(lower), PackageVersion.parse(upper)));
  t.deepEqual(between('1.2.0', '2.0.0'), ['1.5.0@a', '2.0.0@a']);
  t.deepEqual(between('2.5.0-BETA', '9.0.0'), ['2.5.0-beta@a']);
  t.deepEqual(between('3.0.0', '4.0.0'), []);
});
