import test from 'ava';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { openScripted, shortTimeouts, told, valueOf } from '../open-source.js';

const identity = PackageIdentity.parse('Alpha', '1.0.0');
const script = { packages: [{ id: 'Alpha', version: '1.0.0' }] };
const leafPath = 'v3/registration5-gz-semver2/alpha/1.0.0.json';
const detailsPath = 'v3/catalog0/data/2024.01.01.00.00.00/alpha.1.0.0.json';

test('a catalog tells the hash: leaf document, then catalog leaf', async (t) => {
  const { server, source } = await openScripted(t, script);
  t.is(valueOf(await source.publishedHash(identity, {})).sha512, server.package('Alpha', '1.0.0').sha512);
  t.deepEqual(
    server.requests.map(({ path }) => path),
    ['/v3/index.json', `/${leafPath}`, `/${detailsPath}`],
  );
});

test('a catalog entry that is an object with an id is followed, one with the hash is enough', async (t) => {
  const { server, source } = await openScripted(t, script);
  const { sha512 } = server.package('Alpha', '1.0.0');
  server.replace(leafPath, { catalogEntry: { '@id': `${server.origin}/${detailsPath}` } });
  t.is(valueOf(await source.publishedHash(identity, {})).sha512, sha512);
  server.replace(leafPath, { catalogEntry: { packageHash: sha512, packageHashAlgorithm: 'sha512' } });
  server.requests.length = 0;
  t.is(valueOf(await source.publishedHash(identity, {})).sha512, sha512);
  t.is(server.count('catalog0'), 0);
});

test('a source without a catalog is not asked', async (t) => {
  const { server, source } = await openScripted(t, { ...script, like: 'odd' });
  t.is((await source.publishedHash(identity, {})).kind, 'missing');
  t.deepEqual(
    server.requests.map(({ path }) => path),
    ['/v3/index.json'],
  );
});

test('a hash that a registration told is remembered', async (t) => {
  const { server, source } = await openScripted(t, { ...script, like: 'odd', traits: { hashInRegistration: true } });
  valueOf(await source.registration(identity.id, {}));
  server.requests.length = 0;
  t.is(valueOf(await source.publishedHash(identity, {})).sha512, server.package('Alpha', '1.0.0').sha512);
  t.is(server.count(), 0);
});

for (const [name, details] of [
  ['another algorithm', { packageHash: 'x', packageHashAlgorithm: 'SHA256' }],
  ['no algorithm', { packageHash: `${'A'.repeat(86)}==` }],
  ['a hash of another length', { packageHash: 'AAAA', packageHashAlgorithm: 'SHA512' }],
  ['no hash', {}],
] as const)
  test(`catalog details with ${name} publish none`, async (t) => {
    const { server, source } = await openScripted(t, script);
    server.replace(detailsPath, { id: 'alpha', version: '1.0.0', ...details });
    t.is((await source.publishedHash(identity, {})).kind, 'missing');
  });

test('catalog details of another package are refused', async (t) => {
  const { server, source } = await openScripted(t, script);
  const hash = { packageHash: `${'A'.repeat(86)}==`, packageHashAlgorithm: 'SHA512' };
  server.replace(detailsPath, { id: 'Alpha', version: '2.0.0', ...hash });
  t.is(
    told(await source.publishedHash(identity, {})),
    'refused source-refused: its catalog tells of another package there',
  );
});

test('what cannot be had now has failed, and is not none', async (t) => {
  const { server, source } = await openScripted(t, script, { timeouts: shortTimeouts });
  server.fault('catalog0', { status: 502 });
  t.is(told(await source.publishedHash(identity, {})), 'failed source-failed: answered 502');
  server.clearFaults();
  server.fault(leafPath, 'hang');
  t.regex(told(await source.publishedHash(identity, {})), /^failed source-timeout/);
});
