import fc from 'fast-check';

const base = 'https://source.example/v3/';

const version = fc.constantFrom(
  '1.0.0', '1.0', '1.2.3.4', '2.0.0-beta', '2.0.0-beta.1+build.5', '10.0.0', '0.0.0-0', '1.0.0-ALPHA', '1.0.0-alpha.2', '3.0.0-x.7.z.92',
); // prettier-ignore
const text = fc.constantFrom(
  'Some text',
  '',
  '<b>&amp;</b>',
  'Ünïcode \u{1f4e6}',
  'https://elsewhere.example/x',
  'a, b',
  'MIT',
);
const texts = fc.oneof(text, fc.array(text, { maxLength: 3 }));
const range = fc.constantFrom('[1.0.0, )', '1.0', '(, 2.0.0]', '[1.0.0-a.b, 2.0.0)', '', '*', '[1.0.0]');
const dependency = fc.record({
  '@id': text,
  id: fc.constantFrom('Dep.One', 'Dep-Two'),
  range: fc.oneof(range, fc.array(range)),
});
const group = fc.record(
  {
    targetFramework: fc.constantFrom('net8.0', '.NETStandard2.0'),
    dependencies: fc.array(dependency, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const url = fc.constantFrom(`${base}flat/some.package/1.0.0/icon`, 'https://elsewhere.example/icon.png', '');

const entry = fc.record(
  {
    '@id': fc.constant(`${base}catalog/some.package.json`),
    '@type': fc.constant('PackageDetails'),
    id: fc.constantFrom('Some.Package', 'some.package'),
    version,
    authors: texts,
    dependencyGroups: fc.array(group, { maxLength: 2 }),
    deprecation: fc.record({
      reasons: fc.constant(['Legacy']),
      message: text,
      alternatePackage: fc.record({ id: text, range }),
    }),
    description: text,
    iconUrl: url,
    licenseUrl: url,
    listed: fc.constantFrom<unknown>(true, false, 'true'),
    packageContent: fc.constant(`${base}flat/some.package/1.0.0/some.package.1.0.0.nupkg`),
    packageHash: fc.constantFrom(`${'A'.repeat(86)}==`, 'x'),
    packageHashAlgorithm: fc.constantFrom('SHA512', 'sha512'),
    packageTypes: fc.constant([{ name: 'Dependency', version: '' }]),
    projectUrl: url,
    published: fc.constantFrom('2020-01-01T00:00:00Z', '1900-01-01T00:00:00Z'),
    tags: texts,
    vulnerabilities: fc.constant([{ advisoryUrl: 'https://elsewhere.example/GHSA', severity: '2' }]),
  },
  { requiredKeys: ['id', 'version'] },
);
const leaf = fc.record(
  {
    '@id': fc.constant(`${base}leaf.json`),
    '@type': fc.constant('Package'),
    commitId: text,
    catalogEntry: entry,
    packageContent: url,
  },
  { requiredKeys: ['catalogEntry'] },
);
const leaves = fc.array(leaf, { minLength: 1, maxLength: 4 });
const pageHead = {
  '@id': fc.constant(`${base}registration/some.package/page/1.json`),
  count: fc.nat(5),
  lower: version,
  upper: version,
};
const page = fc.record({ ...pageHead, items: leaves }, { requiredKeys: ['@id', 'items'] });
const named = fc.record({ ...pageHead });
const index = fc.record({
  '@id': fc.constant(`${base}registration/some.package/index.json`),
  '@type': fc.constant(['catalog:CatalogRoot', 'PackageRegistration']),
  count: fc.nat(3),
  items: fc.array(fc.oneof({ weight: 3, arbitrary: page }, named), { maxLength: 3 }),
});

/** Documents as sources send them, always the same ones. */
const sampled = (arbitrary: fc.Arbitrary<unknown>): Buffer[] =>
  fc.sample(arbitrary, { seed: 1, numRuns: 12 }).map((document) => Buffer.from(JSON.stringify(document)));

const numbered = (count: number, first: number) =>
  Array.from({ length: count }, (_, i) => ({ catalogEntry: { id: 'Some.Package', version: `1.${first + i}.0` } }));
/** More leaves than an index holds inlined. */
const large = {
  count: 2,
  items: [
    { '@id': 'a', lower: '1.0.0', upper: '1.69.0', items: numbered(70, 0) },
    { '@id': 'b', lower: '1.70.0', upper: '1.139.0', items: numbered(70, 70) },
  ],
};
/** As some servers answer: a page where an index belongs, nothing at all, null. */
const unusual = [{ items: numbered(3, 0) }, { items: null }, { items: [{ items: [] }] }];
const written = (documents: readonly unknown[]) => documents.map((document) => Buffer.from(JSON.stringify(document)));

export const registrationIndexSeeds = [...sampled(index), ...written([large, ...unusual])];
export const registrationPageSeeds = [...sampled(page), ...written(unusual)];
export const registrationWords = [
  'items', 'catalogEntry', 'version', 'id', 'listed', 'lower', 'upper', 'count', '@id', 'Some.Package', 'published', '1900-01-01', 'packageContent',
  'dependencyGroups', 'dependencies', 'range', 'deprecation', 'vulnerabilities', 'packageTypes', 'tags', 'iconUrl', 'severity', '1.0.0', '1.0.0-0',
  '1.0.0+a', '01.0', '[1.0,', '(,)', '\u0001', '\u0002x', `${base}flat/x`,
]; // prettier-ignore
