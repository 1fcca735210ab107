import fc from 'fast-check';
import test from 'ava';

import { PackageVersion } from '../../src/nuget/package-version.js';
import { compareVersionKeys, keyOfFull } from '../../src/nuget/version-order.js';

const label = fc.constantFrom('alpha', 'beta', 'rc', 'a-b', '-', '0', '2', '10', '99999999999999999999', 'x2', 'RC');
const version = fc
  .record({
    numbers: fc.array(fc.oneof(fc.nat(12), fc.constantFrom(0, 1, 2_147_483_647)), { minLength: 1, maxLength: 4 }),
    labels: fc.array(label, { maxLength: 3 }),
    metadata: fc.option(fc.constantFrom('build', 'SHA.5')),
  })
  .map(({ numbers, labels, metadata }) =>
    PackageVersion.parse(
      numbers.join('.') + (labels.length > 0 ? `-${labels.join('.')}` : '') + (metadata === null ? '' : `+${metadata}`),
    ),
  );

test('keys are ordered as the versions they stand for', (t) => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      t.is(Math.sign(compareVersionKeys(a.key, b.key)), Math.sign(PackageVersion.compare(a, b)), `${a.key} ${b.key}`);
      t.is(compareVersionKeys(a.key, b.key) === 0, a.equals(b));
    }),
    { numRuns: 5_000 },
  );
});

test('the key of a full version is that of the version', (t) => {
  fc.assert(fc.property(version, (one) => keyOfFull(one.full) === one.key));
  t.pass();
});
