import test from 'ava';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { PackageId } from '../../../src/nuget/package-id.js';
import { renderPackageDetails } from '../../../src/nuget/registration-document.js';
import type { NupkgRecipe } from '../../support/nupkg.js';
import { valueOf } from '../open-source.js';
import { openFolder } from './open-folder.js';
import type { FolderUnderTest } from './open-folder.js';

const bases = { registration: 'http://l/r/', flat: 'http://l/f/', details: 'http://l/d/' };

async function leavesOf(local: FolderUnderTest, id: string) {
  const { value } = valueOf(await local.source.registration(PackageId.parse(id), {}));
  return value.leaves.map((leaf) => ({
    ...leaf,
    entry: JSON.parse(renderPackageDetails(leaf.template, bases).toString()) as Record<string, unknown>,
  }));
}

const full: NupkgRecipe = {
  id: 'Corp.Full',
  version: '1.02.0-RC.1',
  dependencies: { 'Corp.Base': '1.0', 'Corp.Exact': '[2.1]', 'Corp.Any': '' },
  nuspecExtras: `<title>Full</title><owners>Corp</owners><tags>one two, three</tags><summary>Short</summary>
    <license type="expression" version="1.0.0">MIT OR Apache-2.0</license><licenseUrl>https://licenses.nuget.org/MIT</licenseUrl>
    <projectUrl>https://corp.example/full</projectUrl><iconUrl>https://corp.example/icon.png</iconUrl><icon>art\\icon.png</icon>
    <readme>README.md</readme><releaseNotes>Notes</releaseNotes><copyright>(c) Corp</copyright><language>en-US</language>
    <requireLicenseAcceptance>true</requireLicenseAcceptance>
    <packageTypes><packageType name="DotnetTool" version="1.0.0.0" /></packageTypes>`,
};

test('a leaf tells what the nuspec says, with our addresses for what lies in the package', async (t) => {
  const local = await openFolder(t, { 'Corp.Full.1.2.0-RC.1.nupkg': full });
  const published = '2024-05-06T07:08:09.000Z';
  await utimes(join(local.folder, 'Corp.Full.1.2.0-RC.1.nupkg'), 0, new Date(published));
  const [leaf] = await leavesOf(local, 'corp.full');
  t.is(leaf?.semVer2, true);
  t.deepEqual(leaf?.entry, {
    '@id': 'http://l/d/corp.full/1.2.0-rc.1.json',
    '@type': 'PackageDetails',
    authors: 'Scripted',
    copyright: '(c) Corp',
    dependencyGroups: [
      {
        '@type': 'PackageDependencyGroup',
        dependencies: (
          [
            ['Corp.Base', '[1.0.0, )'],
            ['Corp.Exact', '[2.1.0]'],
            ['Corp.Any', '(, )'],
          ] as const
        ).map(([id, range]) => ({
          '@type': 'PackageDependency',
          id,
          range,
          registration: `http://l/r/${id.toLowerCase()}/index.json`,
        })),
        targetFramework: 'netstandard2.0',
      },
    ],
    description: 'Corp.Full of a scripted source',
    iconUrl: 'http://l/f/corp.full/1.2.0-rc.1/icon',
    id: 'Corp.Full',
    language: 'en-US',
    licenseExpression: 'MIT OR Apache-2.0',
    licenseExpressionVersion: '1.0.0',
    licenseUrl: 'https://licenses.nuget.org/MIT',
    listed: true,
    packageContent: 'http://l/f/corp.full/1.2.0-rc.1/corp.full.1.2.0-rc.1.nupkg',
    packageTypes: [{ name: 'DotnetTool', version: '1.0.0.0' }],
    projectUrl: 'https://corp.example/full',
    published,
    readmeUrl: 'http://l/f/corp.full/1.2.0-rc.1/readme',
    releaseNotes: 'Notes',
    requireLicenseAcceptance: true,
    summary: 'Short',
    tags: ['one', 'two', 'three'],
    title: 'Full',
    version: '1.2.0-RC.1',
  });
});

test('a licence file is ours to serve; the address that stands in for it is not told', async (t) => {
  const local = await openFolder(t, {
    'A.1.nupkg': {
      id: 'A',
      version: '1.0.0+meta',
      nuspecExtras:
        '<license type="file">LICENSE.txt</license><licenseUrl>https://aka.ms/deprecateLicenseUrl</licenseUrl><iconUrl>https://a.example/i.png</iconUrl>',
    },
    'A.2.nupkg': { id: 'A', version: '2.0.0', nuspecExtras: '<licenseUrl>https://a.example/license</licenseUrl>' },
    'A.3.nupkg': {
      id: 'A',
      version: '3.0.0',
      nuspecExtras: '<licenseUrl>https://aka.ms/deprecateLicenseUrl</licenseUrl>',
    },
  });
  const [first, second, third] = await leavesOf(local, 'A');
  t.like(first?.entry, {
    version: '1.0.0+meta',
    licenseUrl: 'http://l/f/a/1.0.0/license',
    iconUrl: 'https://a.example/i.png',
  });
  t.false('readmeUrl' in (first?.entry ?? {}));
  t.is(second?.entry['licenseUrl'], 'https://a.example/license');
  t.is(third?.entry['licenseUrl'], undefined);
});

test('SemVer2 shows by the version itself and by the bounds of dependencies', async (t) => {
  const local = await openFolder(t, {
    'A.1.nupkg': { id: 'A', version: '1.0.0', dependencies: { B: '1.0.0-beta' } },
    'A.2.nupkg': { id: 'A', version: '2.0.0', dependencies: { B: '[1.0.0-beta.1, )' } },
    'A.3.nupkg': { id: 'A', version: '3.0.0-alpha.1' },
    'A.4.nupkg': { id: 'A', version: '4.0.0+build' },
  });
  const leaves = await leavesOf(local, 'A');
  t.deepEqual(
    leaves.map(({ version, semVer2 }) => [version.full, semVer2]),
    [
      ['1.0.0', false],
      ['2.0.0', true],
      ['3.0.0-alpha.1', true],
      ['4.0.0+build', true],
    ],
  );
});

test('a date that no package can be from is not told: nothing is invented for it', async (t) => {
  const local = await openFolder(t, { 'A.1.nupkg': { id: 'A', version: '1.0.0' } });
  await utimes(join(local.folder, 'A.1.nupkg'), 0, new Date('1980-01-01T00:00:00Z'));
  const [leaf] = await leavesOf(local, 'A');
  t.false('published' in (leaf?.entry ?? { published: 1 }));
  t.true(leaf?.listed);
});
