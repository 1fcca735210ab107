import test from 'ava';

import { readTargetFramework } from '../../src/nuget/target-framework.js';

for (const [written, family, version] of [
  ['net8.0', 'net', 8],
  ['net10.0', 'net', 10],
  ['.NETCoreApp5.0', 'net', 5],
  ['net8.0-windows7.0', 'other', 0],
  ['netcoreapp3.1', 'netcoreapp', 3.1],
  ['.NETCoreApp,Version=v2.1', 'netcoreapp', 2.1],
  ['netstandard2.0', 'netstandard', 2],
  ['.NETStandard2.1', 'netstandard', 2.1],
  ['.NETStandard,Version=v1.3', 'netstandard', 1.3],
  ['net462', 'netframework', 4.62],
  ['net45', 'netframework', 4.5],
  ['net4.7.2', 'other', 0],
  ['.NETFramework4.6.2', 'netframework', 4.62],
  ['', 'any', 0],
  [undefined, 'any', 0],
  ['uap10.0', 'other', 0],
  ['portable-net45+win8', 'other', 0],
  ['constructor', 'other', 0],
] as const)
  test(`${String(written)} is of the family ${family}`, (t) => {
    t.deepEqual(readTargetFramework(written), { family, version });
  });
