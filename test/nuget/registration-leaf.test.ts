import test from 'ava';

import { prepareBases, fillTemplate } from '../../src/nuget/address-slot.js';
import type { Bases } from '../../src/nuget/address-slot.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { readRegistrationLeaf } from '../../src/nuget/registration-leaf.js';
import type { RegistrationLeaf } from '../../src/nuget/registration-leaf.js';

const bases: Bases = {
  registration: 'https://ours/v3/reg/',
  flat: 'https://ours/v3/flat/',
  details: 'https://ours/v3/details/',
};
const context = {
  id: PackageId.parse('Foo.Bar'),
  isOwnAddress: (url: string) => url.startsWith('https://origin/flat/'),
};

function read(
  entry: object,
  rest: object = {},
): { leaf: RegistrationLeaf; shown: Record<string, unknown> & { catalogEntry: Record<string, unknown> } } {
  const leaf = readRegistrationLeaf(
    {
      '@id': 'https://origin/leaf',
      catalogEntry: { '@id': 'https://origin/catalog', id: 'Foo.Bar', version: '1.0.0', ...entry },
      ...rest,
    },
    context,
  );
  if (!leaf || 'unparsable' in leaf) throw new Error('no leaf');
  const out: Buffer[] = [];
  fillTemplate(leaf.template, prepareBases(bases), out);
  return { leaf, shown: JSON.parse(Buffer.concat(out).toString()) as ReturnType<typeof read>['shown'] };
}

test('every address of the origin becomes ours, made from the identity and not from its text', (t) => {
  const { shown } = read(
    {
      packageContent: 'https:\\/\\/origin/other.nupkg',
      iconUrl: 'https://origin/flat/foo.bar/1.0.0/icon',
      readmeUrl: 'https://www.nuget.org/packages/Foo.Bar/1.0.0#show-readme-container',
      dependencyGroups: [
        {
          '@id': 'https://origin/x',
          dependencies: [
            {
              '@id': 'https://origin/y',
              id: 'Dep.A',
              range: '[1.0.0, )',
              registration: 'https://origin/reg/dep.a/index.json',
            },
          ],
        },
      ],
    },
    {
      packageContent: 'https://origin/flat/foo.nupkg',
      registration: 'https://origin/reg/foo.bar/index.json',
      extra: 'https://origin/unknown',
    },
  );
  t.false(JSON.stringify(shown).includes('origin'));
  t.is(shown['@id'], 'https://ours/v3/reg/foo.bar/1.0.0.json');
  t.is(shown['packageContent'], 'https://ours/v3/flat/foo.bar/1.0.0/foo.bar.1.0.0.nupkg');
  t.is(shown['registration'], 'https://ours/v3/reg/foo.bar/index.json');
  t.is(shown.catalogEntry['@id'], 'https://ours/v3/details/foo.bar/1.0.0.json');
  t.is(shown.catalogEntry['iconUrl'], 'https://ours/v3/flat/foo.bar/1.0.0/icon');
  t.is(shown.catalogEntry['readmeUrl'], 'https://ours/v3/flat/foo.bar/1.0.0/readme');
  t.deepEqual(shown.catalogEntry['dependencyGroups'], [
    {
      '@type': 'PackageDependencyGroup',
      dependencies: [
        {
          '@type': 'PackageDependency',
          id: 'Dep.A',
          range: '[1.0.0, )',
          registration: 'https://ours/v3/reg/dep.a/index.json',
        },
      ],
    },
  ]);
});

test("the author's own links stay", (t) => {
  const { shown } = read({
    projectUrl: 'https://foo.example/',
    licenseUrl: 'https://licenses.nuget.org/MIT',
    iconUrl: 'https://foo.example/i.png',
  });
  t.is(shown.catalogEntry['projectUrl'], 'https://foo.example/');
  t.is(shown.catalogEntry['licenseUrl'], 'https://licenses.nuget.org/MIT');
  t.is(shown.catalogEntry['iconUrl'], 'https://foo.example/i.png');
});

test('text that looks like a slot cannot forge an address', (t) => {
  const { shown } = read({ description: 'a\u0001b\u0002c\u0003', title: 'https://ours\u0001' });
  t.is(shown.catalogEntry['description'], 'a\u0001b\u0002c\u0003');
  t.is(shown.catalogEntry['title'], 'https://ours\u0001');
});

test('listed is read from the flag, else from the year 1900, else taken as true', (t) => {
  t.false(read({ listed: false }).leaf.listed);
  t.false(read({ listed: 'False' }).leaf.listed);
  t.false(read({ published: '1900-01-01T00:00:00+00:00' }).leaf.listed);
  t.true(read({ published: '0001-01-01T00:00:00' }).leaf.listed);
  t.true(read({}).leaf.listed);
  t.true(read({ listed: true, published: '1900-01-01T00:00:00+00:00' }).leaf.listed);
});

test('no publish date is invented where the source gave none', (t) => {
  t.false('published' in read({}).shown.catalogEntry);
  t.is(
    read({ published: '2020-02-03T04:05:06.1234567+00:00' }).shown.catalogEntry['published'],
    '2020-02-03T04:05:06.1234567+00:00',
  );
});

test('a version is SemVer2 by its dependencies too', (t) => {
  const withRange = (range: unknown) =>
    read({ dependencyGroups: [{ dependencies: [{ id: 'Dep', range }] }] }).leaf.semVer2;
  t.false(withRange('[1.0.0, 2.0.0)'));
  t.false(withRange(undefined));
  t.true(withRange('[1.0.0-alpha.1, )'));
  t.true(withRange('(, 2.0.0+meta]'));
  t.true(withRange(['[1.0.0-a.b, )']), 'old leaves hold an array of ranges');
});

test('odd forms of other servers are read and written in the form of nuget.org', (t) => {
  const { shown } = read({
    authors: ['Ann', 'Bob'],
    tags: 'one two',
    vulnerabilities: [{ advisoryUrl: 'https://a.example', severity: 2 }],
    deprecation: { reasons: ['Legacy'], message: 'old', alternatePackage: { id: 'New', range: '*' } },
    dependencyGroups: [
      { targetFramework: 'net8.0' },
      { targetFramework: '.NETStandard2.0', dependencies: [{ id: 'A', range: '' }, { id: 7 }, null] },
    ],
  });
  const entry = shown.catalogEntry;
  t.is(entry['authors'], 'Ann, Bob');
  t.is(entry['tags'], 'one two');
  t.deepEqual(entry['vulnerabilities'], [
    { '@type': 'Vulnerability', advisoryUrl: 'https://a.example', severity: '2' },
  ]);
  t.like(entry['deprecation'], { reasons: ['Legacy'], message: 'old', alternatePackage: { id: 'New', range: '*' } });
  t.deepEqual(entry['dependencyGroups'], [
    { '@type': 'PackageDependencyGroup', targetFramework: 'net8.0' },
    {
      '@type': 'PackageDependencyGroup',
      dependencies: [
        { '@type': 'PackageDependency', id: 'A', range: '', registration: 'https://ours/v3/reg/a/index.json' },
      ],
      targetFramework: '.NETStandard2.0',
    },
  ]);
});

test('a leaf of another package, without entry, or with an unreadable version is told apart', (t) => {
  t.is(readRegistrationLeaf({ catalogEntry: { id: 'Other', version: '1.0.0' } }, context), undefined);
  t.is(readRegistrationLeaf({ catalogEntry: 'https://origin/catalog' }, context), undefined);
  t.is(readRegistrationLeaf('nonsense', context), undefined);
  t.deepEqual(readRegistrationLeaf({ catalogEntry: { id: 'Foo.Bar', version: 'one' } }, context), {
    unparsable: 'one',
  });
});
