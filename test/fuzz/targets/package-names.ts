import { InvalidNameError } from '../../../src/nuget/invalid-name.js';
import { PackageId } from '../../../src/nuget/package-id.js';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { nupkgPath } from '../../../src/nuget/paths.js';
import { agrees, isPackageFile, mayBeOf } from '../../../src/sources/folder/file-name.js';
import { mustHold, refusing, textOf } from '../target.js';
import type { Target } from '../target.js';

const seeds = (...texts: string[]) => texts.map((text) => Buffer.from(text));

export const targets: readonly Target[] = [
  {
    name: 'package-id',
    shape: 'text',
    seeds: seeds('Newtonsoft.Json', 'a', '_x-y.Z', 'a'.repeat(128)),
    dictionary: ['.', '-', '_', 'K', 'İ', '..', '/', '%2e'],
    maxInputBytes: 1_000,
    run(input) {
      const text = textOf(input);
      try {
        const id = PackageId.parse(text);
        mustHold(
          id.text === text && PackageId.tryParse(id.key)?.equals(id) === true,
          'an id reads the same from its key',
        );
        mustHold(
          /^[a-z0-9_.-]+$/.test(id.key) && !id.key.includes('..'),
          'a key is fit for an address and a file name',
        );
        return 'id';
      } catch (error) {
        mustHold(PackageId.tryParse(text) === undefined, 'both readers agree');
        mustHold(!/[\u0000-\u001f\u007f]/.test((error as Error).message), 'a complaint holds no control characters');
        return refusing([InvalidNameError], error);
      }
    },
  },
  {
    name: 'package-file-name',
    shape: 'text',
    seeds: seeds(
      'Some.Package.1.2.3-beta.1.nupkg',
      'A.1.2.3.nupkg',
      'a.1.0.symbols.nupkg',
      '._a.1.0.0.nupkg',
      '.nupkg',
    ),
    dictionary: ['.nupkg', '.symbols', '.snupkg', 'a.', '1.0.0', 'NUPKG', '/', '\\'],
    maxInputBytes: 1_000,
    run(input) {
      const name = textOf(input);
      const candidates = ['a', 'a.1', 'some.package'].map((id) => PackageId.parse(id));
      let owners = 0;
      for (const id of candidates) {
        if (!mayBeOf(name, id)) continue;
        owners++;
        const version = name.slice(id.key.length + 1, -'.nupkg'.length);
        const identity = PackageIdentity.parse(id.text, version);
        mustHold(agrees(name, identity), 'a name that may be of an id agrees with its own version');
        const own = nupkgPath(identity).split('/')[2] ?? '';
        mustHold(mayBeOf(own, id) && agrees(own, identity), 'our own file name agrees with its identity');
      }
      return `${isPackageFile(name)} ${owners}`;
    },
  },
];
