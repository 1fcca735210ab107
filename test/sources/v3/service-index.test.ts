import test from 'ava';
import { UnreadableDocumentError } from '../../../src/codec/json-document.js';
import { addressBelow, liesBelow } from '../../../src/sources/v3/resource-address.js';
import { readServiceIndex } from '../../../src/sources/v3/service-index.js';

const at = new URL('https://feed.example/nuget/v3/index.json');

const read = (resources: unknown, version: unknown = '3.0.0') => {
  const index = readServiceIndex({ version, resources }, at);
  return {
    registration: index.registration.all.map(String),
    flat: index.flatContainer.all.map(String),
    catalog: index.catalog.areOffered,
  };
};

const registrationTypes = ['', '/3.0.0-beta', '/3.0.0-rc', '/3.4.0', '/3.6.0', '/Versioned'];

test('the registration of the newest kind is taken, down to the plain type', (t) => {
  const all = registrationTypes.map((type) => ({
    '@id': `https://feed.example/r${type}/`,
    '@type': `RegistrationsBaseUrl${type}`,
  }));
  for (let left = all.length; left > 0; left--)
    t.deepEqual(read(all.slice(0, left)).registration, [all[left - 1]?.['@id']], all[left - 1]?.['@type']);
});

test('types are matched by case, from a string or a list', (t) => {
  const flat = 'https://feed.example/flat';
  t.deepEqual(read([{ '@id': flat, '@type': ['x', 'PackageBaseAddress/3.0.0'] }]).flat, [flat]);
  t.deepEqual(read([{ '@id': flat, '@type': 'packagebaseaddress/3.0.0' }]).flat, []);
});

test('several addresses of one type keep their order, each once', (t) => {
  const type = 'PackageBaseAddress/3.0.0';
  const ids = ['https://b.example/', 'https://a.example/', 'https://b.example/'];
  const { flat } = read(ids.map((id) => ({ '@id': id, '@type': type })));
  t.deepEqual(flat, ['https://b.example/', 'https://a.example/']);
});

test('of versioned entries those for the newest client are taken', (t) => {
  const type = 'RegistrationsBaseUrl/Versioned';
  const { registration } = read([
    { '@id': 'https://old.example/', '@type': type },
    { '@id': 'https://new.example/', '@type': type, clientVersion: '6.0.0' },
    { '@id': 'https://mid.example/', '@type': type, clientVersion: ['4.3.0-alpha'] },
  ]);
  t.deepEqual(registration, ['https://new.example/']);
});

test('trap 4: relative addresses start at the index, wherever it is', (t) => {
  const { flat } = read([{ '@id': '../flat/', '@type': 'PackageBaseAddress/3.0.0' }]);
  t.deepEqual(flat, ['https://feed.example/nuget/flat/']);
});

test('ids that are no web addresses and entries that are no objects are passed over', (t) => {
  const type = 'PackageBaseAddress/3.0.0';
  const { flat } = read([
    { '@id': 'urn:uuid:1', '@type': type },
    { '@id': 'com.visualstudio.feeds.feedview:abc', '@type': type },
    { '@id': 'http://[', '@type': type },
    { '@id': '', '@type': type },
    { '@id': 7, '@type': type },
    { '@type': type },
    null,
    'text',
    { '@id': 'https://good.example/', '@type': type },
  ]);
  t.deepEqual(flat, ['https://good.example/']);
});

test('a catalog is noticed', (t) => {
  t.true(read([{ '@id': 'https://feed.example/c.json', '@type': 'Catalog/3.0.0' }]).catalog);
  t.false(read([]).catalog);
});

for (const version of ['3.0.0', '3.0.0-beta.1', '3.1.0+x'])
  test(`version ${version} is read`, (t) => {
    t.notThrows(() => read([], version));
  });

for (const version of ['2.0.0', '4.0.0', '30.0.0', '3', '3.0', 3, null])
  test(`version ${JSON.stringify(version)} is not version 3`, (t) => {
    t.throws(() => read([], version), { instanceOf: UnreadableDocumentError, message: 'is not a V3 service index' });
  });

test('a document without resources is no service index', (t) => {
  t.throws(() => read(undefined), { instanceOf: UnreadableDocumentError });
});

test('addresses are joined with one slash, before a query', (t) => {
  for (const [base, expected] of [
    ['https://x.example/flat', 'https://x.example/flat/a/index.json'],
    ['https://x.example/flat/', 'https://x.example/flat/a/index.json'],
    ['https://x.example', 'https://x.example/a/index.json'],
    ['https://x.example/flat/?sig=1', 'https://x.example/flat/a/index.json?sig=1'],
    ['https://x.example/flat#part', 'https://x.example/flat/a/index.json'],
  ] as const)
    t.is(addressBelow(new URL(base), 'a/index.json').href, expected);
});

test('what lies below a base is told apart from what only looks like it', (t) => {
  const base = new URL('https://x.example/flat');
  t.true(liesBelow(base, 'https://x.example/flat/a/1.0.0/icon?v=1'));
  t.false(liesBelow(base, 'https://x.example/flatter/a'));
  t.false(liesBelow(base, 'https://y.example/flat/a'));
  t.false(liesBelow(base, 'http://x.example/flat/a'));
  t.false(liesBelow(base, 'icon.png'));
});
