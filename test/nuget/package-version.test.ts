import test from 'ava';
import fc from 'fast-check';

import { PackageVersion } from '../../src/nuget/package-version.js';

const normalize = (text: string) => PackageVersion.tryParse(text)?.normalized;

test('a version is normalized as NuGet does: three parts, a fourth only above zero, no leading zeros, no metadata', (t) => {
  t.is(normalize('1'), '1.0.0');
  t.is(normalize('1.0'), '1.0.0');
  t.is(normalize('1.00.01'), '1.0.1');
  t.is(normalize('1.0.0.0'), '1.0.0');
  t.is(normalize('1.2.3.4'), '1.2.3.4');
  t.is(normalize(' 1.0.0-Beta.1+build.5 '), '1.0.0-Beta.1');
  t.is(PackageVersion.parse('1.0.0+Build').full, '1.0.0+Build');
  t.is(PackageVersion.parse('1.0-RC1').key, '1.0.0-rc1');
});

test('what NuGet cannot read is no version', (t) => {
  for (const text of [
    '',
    ' ',
    'a',
    '1.',
    '.1',
    '1..2',
    '1.2.3.4.5',
    '1.0-',
    '1.0+',
    '1.0-a..b',
    '1.0-01',
    '1.0-a_b',
    '2147483648',
    '-1',
    '1.0.0 beta',
    '１.0',
    '1.0.0-é',
    'v1.0',
    `1.0-${'a'.repeat(300)}`,
  ])
    t.is(PackageVersion.tryParse(text), undefined, text);
  t.is(PackageVersion.tryParse('1.0-0')?.normalized, '1.0.0-0', 'a single zero is a numeric label');
  t.is(PackageVersion.tryParse('1.0-0a')?.normalized, '1.0.0-0a', 'a leading zero is forbidden in numeric labels only');
  t.is(PackageVersion.tryParse('2147483647.0.0')?.normalized, '2147483647.0.0');
  t.is(PackageVersion.tryParse(13), undefined);
});

test('precedence follows SemVer 2.0.0, labels without regard to case, metadata ignored', (t) => {
  const ascending = [
    '0.9',
    '1.0.0-1',
    '1.0.0-2',
    '1.0.0-10',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-ALPHA.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc',
    '1.0.0',
    '1.0.0.1',
    '1.0.1',
    '1.10',
    '2',
  ];
  const shuffled = [...ascending].reverse().map((text) => PackageVersion.parse(text));
  t.deepEqual(
    shuffled.sort((a, b) => PackageVersion.compare(a, b)).map(({ text }) => text),
    ascending,
  );
  t.is(PackageVersion.compare(PackageVersion.parse('1.0.0-RC'), PackageVersion.parse('1.0-rc+x')), 0);
  t.true(PackageVersion.parse('1.0').equals(PackageVersion.parse('1.0.0.0+meta')));
});

test('a version is SemVer2 by a dotted prerelease or by metadata', (t) => {
  t.false(PackageVersion.parse('1.0.0-beta').isSemVer2);
  t.true(PackageVersion.parse('1.0.0-beta.1').isSemVer2);
  t.true(PackageVersion.parse('1.0.0+sha').isSemVer2);
});

test('normalizing twice changes nothing, and order is total and agrees with equality', (t) => {
  const part = fc.integer({ min: 0, max: 30 });
  const label = fc.stringMatching(/^(0|[1-9]\d{0,3}|[a-zA-Z-][0-9a-zA-Z-]{0,4})$/);
  const version = fc
    .tuple(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(label, { maxLength: 3 }),
      fc.option(fc.stringMatching(/^[0-9a-z]{1,4}$/)),
    )
    .map(
      ([parts, labels, meta]) =>
        `${parts.join('.')}${labels.length ? `-${labels.join('.')}` : ''}${meta === null ? '' : `+${meta}`}`,
    );
  fc.assert(
    fc.property(version, version, version, (x, y, z) => {
      const [a, b, c] = [PackageVersion.parse(x), PackageVersion.parse(y), PackageVersion.parse(z)];
      t.is(PackageVersion.parse(a.normalized).normalized, a.normalized);
      t.is(Math.sign(PackageVersion.compare(a, b)), -Math.sign(PackageVersion.compare(b, a)) + 0);
      t.is(PackageVersion.compare(a, b) === 0, a.equals(b));
      if (PackageVersion.compare(a, b) <= 0 && PackageVersion.compare(b, c) <= 0)
        t.true(PackageVersion.compare(a, c) <= 0);
    }),
    { numRuns: 500 },
  );
});
