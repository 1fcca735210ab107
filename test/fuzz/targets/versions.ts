import { InvalidNameError } from '../../../src/nuget/invalid-name.js';
import { PackageVersion } from '../../../src/nuget/package-version.js';
import { compareVersionKeys, keyOfFull } from '../../../src/nuget/version-order.js';
import {
  formatVersionRange,
  hasSemVer2Bound,
  isEmptyRange,
  parseVersionRange,
} from '../../../src/nuget/version-range.js';
import { normalizedRange } from '../../../src/nuget/version-range-text.js';
import { mustHold, refusing, textOf } from '../target.js';
import type { Target } from '../target.js';

const words = [
  '1.0.0',
  '-alpha',
  '+meta',
  '.',
  '-',
  '+',
  '0',
  '00',
  'a',
  'A',
  '-0',
  '-1',
  '2147483647',
  '2147483648',
  '[',
  ']',
  '(',
  ')',
  ',',
  '*',
  ', ',
  '1.*',
];
const seeds = (...texts: string[]) => texts.map((text) => Buffer.from(text));

export const targets: readonly Target[] = [
  {
    name: 'version',
    shape: 'text',
    // Three at a time: an order is a matter between three.
    seeds: seeds(
      '1.0\n1.0.0.0\n1.0.0+x',
      '1.0.0-alpha.2\n1.0.0-alpha.10\n1.0.0-alpha',
      '1.0.0-A.b\n1.0.0-a.B+c\n1.0.0',
      '2147483647.0.1.9\n0.0\n7',
      '1.0.0-1\n1.0.0-01a\n1.0.0--',
    ),
    dictionary: [...words, '\n'],
    maxInputBytes: 2_000,
    run(input) {
      const texts = textOf(input).split('\n').slice(0, 3);
      const read = texts.flatMap((text) => PackageVersion.tryParse(text) ?? []);
      for (const version of read) checkVersion(version);
      for (const a of read)
        for (const b of read) {
          const order = Math.sign(PackageVersion.compare(a, b));
          mustHold(order === -Math.sign(PackageVersion.compare(b, a)), 'the order of two is the same from both sides');
          mustHold((order === 0) === a.equals(b), 'versions are equal when neither comes first');
          mustHold(order === Math.sign(compareVersionKeys(a.key, b.key)), 'keys are ordered as their versions');
          for (const c of read)
            if (order <= 0 && PackageVersion.compare(b, c) <= 0)
              mustHold(PackageVersion.compare(a, c) <= 0, 'the order of three has no circle');
        }
      try {
        for (const text of texts) PackageVersion.parse(text);
      } catch (error) {
        return `${read.length}, ${refusing([InvalidNameError], error)}`;
      }
      return read.map((version) => `${version.isPrerelease}${version.isSemVer2}`).join();
    },
  },
  {
    name: 'version-range',
    shape: 'text',
    seeds: seeds('1.0', '[1.0]', '[1.0, 2.0)', '(, 2.0.0-beta.1]', '(1.0.0,)', '*', '', '(, )', '[1.0.0+a, 1.0.0+b]'),
    dictionary: words,
    maxInputBytes: 2_000,
    run(input) {
      const range = parseVersionRange(textOf(input));
      const text = normalizedRange(textOf(input));
      mustHold(normalizedRange(text) === text, 'a normalized range is normalized');
      if (range === undefined) return 'none';
      const formatted = formatVersionRange(range);
      const again = parseVersionRange(formatted);
      mustHold(again !== undefined && formatVersionRange(again) === formatted, 'a formatted range reads the same');
      return `${range.minInclusive}${range.maxInclusive}${range.min === undefined}${range.max === undefined}${isEmptyRange(range)}${hasSemVer2Bound(range)}`;
    },
  },
];

function checkVersion(version: PackageVersion): void {
  for (const text of [version.normalized, version.full, version.key]) {
    const again = PackageVersion.tryParse(text);
    mustHold(again !== undefined && again.equals(version), 'every form of a version reads as that version');
  }
  mustHold(PackageVersion.parse(version.full).full === version.full, 'the full form is a fixed point');
  mustHold(keyOfFull(version.full) === version.key, 'the full form tells the key');
  mustHold(/^[0-9a-z.-]+$/.test(version.key), 'a key is fit for an address');
}
