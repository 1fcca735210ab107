import { BadPackageError } from '../../../src/codec/bad-package.js';
import { parseNuspec } from '../../../src/codec/nuspec.js';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { normalizedRange } from '../../../src/nuget/version-range-text.js';
import { mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';
import { nuspecSeeds, nuspecWords } from '../nuspec-seeds.js';

export const target: Target = {
  name: 'nuspec',
  shape: 'xml',
  seeds: nuspecSeeds,
  dictionary: nuspecWords,
  run(input) {
    try {
      const nuspec = parseNuspec(input);
      const { id, version } = nuspec.identity;
      mustHold(
        PackageIdentity.parse(id.text, version.full).equals(nuspec.identity),
        'an identity reads the same again',
      );
      const ranges = nuspec.dependencyGroups.flatMap(({ dependencies }) => dependencies.map(({ range }) => range));
      for (const range of ranges) {
        const once = normalizedRange(range);
        mustHold(normalizedRange(once) === once, 'a normalized range is normalized');
      }
      JSON.stringify(nuspec);
      const members = Object.keys(nuspec).length;
      return `${members} members, ${Math.min(nuspec.dependencyGroups.length, 3)} groups, ${Math.min(ranges.length, 3)} dependencies`;
    } catch (error) {
      mustHold(
        !/[\u0000-\u001f]/.test((error as Error).message) || !(error instanceof BadPackageError),
        'a complaint holds no control characters',
      );
      return refusing([BadPackageError], error);
    }
  },
};
