import test from 'ava';
import { PackageId } from '../../../src/nuget/package-id.js';
import { openScripted, openV3, serve, told, valueOf } from '../open-source.js';

const id = PackageId.parse('Alpha.Beta');
const flatList = 'v3-flatcontainer/alpha.beta/index.json';
const three = ['1.0.0', '2.0.0-RC.1', '2.0.0'].map((version) => ({ id: 'Alpha.Beta', version }));

test('all versions are listed, unlisted and SemVer2 ones too', async (t) => {
  const { server, source } = await openScripted(t, {
    packages: [...three, { id: 'Alpha.Beta', version: '0.1.0', listed: false }],
  });
  const { value, validators } = valueOf(await source.versions(id, {}));
  t.deepEqual(value.versions.map(String), ['0.1.0', '1.0.0', '2.0.0-rc.1', '2.0.0']);
  t.deepEqual(value.unparsable, []);
  t.truthy(validators.etag);
  t.is(server.requests.at(-1)?.path, `/${flatList}`);
});

test('the service index is asked once for many questions', async (t) => {
  const { server, source } = await openScripted(t, { packages: three });
  await Promise.all([source.versions(id, {}), source.versions(id, {}), source.registration(id, {})]);
  t.is(server.count('/v3/index.json'), 1);
});

test('an unchanged list is told as such', async (t) => {
  const { source } = await openScripted(t, { packages: three });
  const { validators } = valueOf(await source.versions(id, {}));
  t.is((await source.versions(id, { validators })).kind, 'unchanged');
});

test('duplicates, unnormalized and descending versions make one ascending list; unreadable ones are told', async (t) => {
  const { server, source } = await openScripted(t, { packages: three });
  server.replace(flatList, {
    versions: ['2.0.0', '1.0', '1.0.0.0', '1.0.0+meta', '01.0.0', 'banana', '', null, { toString: 1 }, '0.5'],
  });
  const { value } = valueOf(await source.versions(id, {}));
  t.deepEqual(value.versions.map(String), ['0.5.0', '1.0.0', '2.0.0']);
  t.is(value.versions[1]?.text, '1.0');
  t.deepEqual(value.unparsable, ['banana', '', 'null', '{"toString":1}']);
});

for (const [name, document] of [
  ['no versions', { versions: [] }],
  ['null', { versions: null }],
] as const)
  test(`a list with ${name} says that there is no such package`, async (t) => {
    const { server, source } = await openScripted(t, { packages: three });
    server.replace(flatList, document);
    t.is((await source.versions(id, {})).kind, 'missing');
  });

test('404 says that there is no such package', async (t) => {
  const { source } = await openScripted(t, { like: 'odd', packages: three });
  t.is((await source.versions(PackageId.parse('Unknown'), {})).kind, 'missing');
});

test('a list longer than allowed is refused', async (t) => {
  const { source } = await openScripted(t, { packages: three }, { maxVersionsPerId: 2 });
  t.is(
    told(await source.versions(id, {})),
    'refused too-large: its version list has 3 versions, more than the 2 allowed',
  );
});

test('without a flat container the registration lists the versions', async (t) => {
  const { source } = await openScripted(t, { packages: three, traits: { flatContainer: false } });
  const { value } = valueOf(await source.versions(id, {}));
  t.deepEqual(value.versions.map(String), ['1.0.0', '2.0.0-RC.1', '2.0.0']);
  t.deepEqual(Object.keys(value), ['versions', 'unparsable']);
  t.is((await source.versions(PackageId.parse('Unknown'), {})).kind, 'missing');
});

test('an address that fails is followed by the next one of its type, which is then asked first', async (t) => {
  const { server } = await openScripted(t, { packages: three });
  let failures = 0;
  const front = await serve(t, (request, response) => {
    if (request.url !== '/index.json') {
      failures++;
      response.writeHead(500).end();
      return;
    }
    const ids = ['bad', `${server.origin}/v3-flatcontainer`];
    const resources = ids.map((at) => ({ '@id': at, '@type': 'PackageBaseAddress/3.0.0' }));
    response.end(JSON.stringify({ version: '3.0.0', resources }));
  });
  const source = openV3(t, `${front}/index.json`);
  for (let i = 0; i < 3; i++) t.is(valueOf(await source.versions(id, {})).value.versions.length, 3);
  t.is(failures, 1);
});

test('where all addresses fail the first failure is told; a 404 is not passed over', async (t) => {
  const asked: (string | undefined)[] = [];
  const front = await serve(t, (request, response) => {
    asked.push(request.url);
    const resources = ['first', 'second'].map((at) => ({ '@id': at, '@type': 'PackageBaseAddress/3.0.0' }));
    if (request.url === '/index.json') response.end(JSON.stringify({ version: '3.0.0', resources }));
    else response.writeHead(request.url?.includes('gone') ? 404 : request.url?.includes('first') ? 502 : 503).end();
  });
  const source = openV3(t, `${front}/index.json`);
  t.is(told(await source.versions(id, {})), 'failed source-failed: answered 502');
  asked.length = 0;
  t.is((await source.versions(PackageId.parse('gone'), {})).kind, 'missing');
  t.deepEqual(asked, ['/first/gone/index.json']);
});
