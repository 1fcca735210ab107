import test from 'ava';

import { lowestVersion } from '../../../src/feed/prefetch/lowest-version.js';
import { parseVersionRange } from '../../../src/nuget/version-range.js';

const versions = ['0.9.0', '1.0.0-beta.1', '1.0.0', '1.2.0-rc.1', '1.2.0', '1.10.0', '2.0.0-alpha', '2.0.0'];

for (const [written, chosen] of [
  ['1.0.0', '1.0.0'],
  ['1.0.1', '1.2.0'],
  ['(1.0.0, )', '1.2.0'],
  ['[1.0.0-beta.1, )', '1.0.0-beta.1'],
  ['(1.0.0-beta.1, )', '1.0.0'],
  ['[1.2.0-a, )', '1.2.0-rc.1'],
  ['[1.3.0, 2.0.0)', '1.10.0'],
  ['[1.11.0, 2.0.0)', undefined],
  ['[1.11.0, 2.0.0]', '2.0.0'],
  ['(, 1.0.0]', '0.9.0'],
  ['[1.2.0]', '1.2.0'],
  ['[1.2.1]', undefined],
  ['3.0', undefined],
  [undefined, '0.9.0'],
] as const)
  test(`of a range ${String(written)} a restore takes ${String(chosen)}`, (t) => {
    const range = parseVersionRange(written);
    t.truthy(range);
    t.is(range && lowestVersion(versions, range)?.normalized, chosen);
  });

test('of no versions there is no lowest', (t) => {
  t.is(lowestVersion([], { minInclusive: false, maxInclusive: false }), undefined);
});
