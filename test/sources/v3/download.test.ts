import test from 'ava';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { drain, openScripted, openV3, serve, shortTimeouts, told, valueOf } from '../open-source.js';

const identity = PackageIdentity.parse('Alpha', '1.0.0-RC');
const script = { packages: [{ id: 'Alpha', version: '1.0.0-RC', fillerBytes: 500_000 }] };

test('a package comes byte for byte, with its size and date, from the lower-case address', async (t) => {
  const { server, source } = await openScripted(t, script);
  const opened = valueOf(await source.download(identity, {}));
  const { bytes } = server.package('Alpha', '1.0.0-RC');
  t.is(opened.size, bytes.length);
  t.is(opened.lastModified, 'Mon, 01 Jan 2024 00:00:00 GMT');
  t.true((await drain(opened)).bytes.equals(bytes));
  t.is(server.requests.at(-1)?.path, '/v3-flatcontainer/alpha/1.0.0-rc/alpha.1.0.0-rc.nupkg');
});

test('a version that the source does not have is missing', async (t) => {
  const { source } = await openScripted(t, script);
  t.is((await source.download(PackageIdentity.parse('Alpha', '9.0.0'), {})).kind, 'missing');
});

for (const [fault, brokeOff] of [
  ['reset mid-body', /^source-unreachable: connection (reset|closed by the source)$/],
  ['truncate', /^source-unreachable: connection closed by the source$/],
  ['hang mid-body', /^source-timeout: the answer stood still for 1.5 s$/],
] as const)
  test(`a body that meets "${fault}" breaks off with its reason, never ends as if it were whole`, async (t) => {
    const { server, source } = await openScripted(t, script, { timeouts: shortTimeouts });
    server.fault('.nupkg', fault);
    const opened = valueOf(await source.download(identity, {}));
    const read = await drain(opened);
    t.regex(read.brokeOff ?? 'ended cleanly', brokeOff);
    t.is(read.reason?.source, 'scripted');
    t.true(read.bytes.length < (opened.size ?? 0));
  });

test('a body that never ends is stopped at the limit', async (t) => {
  const { server, source } = await openScripted(t, script, { maxPackageBytes: 2_000_000 });
  server.fault('.nupkg', 'endless');
  const read = await drain(valueOf(await source.download(identity, {})));
  t.regex(read.brokeOff ?? '', /^too-large/);
  t.true(read.bytes.length <= 2_000_000);
});

test('trap 14: a page for people is no package', async (t) => {
  const { server, source } = await openScripted(t, script);
  server.fault('.nupkg', 'html');
  t.is(told(await source.download(identity, {})), 'refused source-refused: its answer is an HTML page, not a package');
});

test('a slow body is read to its end as long as something comes', async (t) => {
  const { server, source } = await openScripted(t, { packages: [{ id: 'Alpha', version: '1.0.0-RC' }] });
  server.fault('.nupkg', { dripBytesPerSecond: 1_500 });
  const read = await drain(valueOf(await source.download(identity, {})));
  t.true(read.bytes.equals(server.package('Alpha', '1.0.0-RC').bytes));
});

test('without a flat container the registration says where the package is', async (t) => {
  const packages = Array.from({ length: 200 }, (_, i) => ({ id: 'Alpha', version: `1.${i}.0` }));
  const { server, source } = await openScripted(t, { packages, traits: { flatContainer: false } });
  server.fault('.nupkg', { status: 302, headers: { location: '/store/x?sig=1' } });
  server.replace('store/x', Buffer.from('bytes'), 'application/octet-stream');
  const read = await drain(valueOf(await source.download(PackageIdentity.parse('Alpha', '1.100.0'), {})));
  t.is(read.bytes.toString(), 'bytes');
  t.is(server.count('/page/'), 1);
  t.is(server.count('/alpha.1.100.0.nupkg'), 1);
  t.is((await source.download(PackageIdentity.parse('Alpha', '7.0.0'), {})).kind, 'missing');
});

test('trap 8: a flat container and a catalog on other hosts are asked without credentials', async (t) => {
  const seen: [string | undefined, string | undefined][] = [];
  const elsewhere = await serve(t, (request, response) => {
    seen.push(['elsewhere', request.headers.authorization]);
    response.end('bytes');
  });
  const front = await serve(t, (request, response) => {
    seen.push(['home', request.headers.authorization]);
    const resources = [{ '@id': `${elsewhere}/flat`, '@type': 'PackageBaseAddress/3.0.0' }];
    response.end(JSON.stringify({ version: '3.0.0', resources }));
  });
  const source = openV3(t, front.replace('://', '://me:secret@'));
  t.false(source.url.includes('secret'));
  await drain(valueOf(await source.download(identity, {})));
  t.deepEqual(seen, [
    ['home', `Basic ${Buffer.from('me:secret').toString('base64')}`],
    ['elsewhere', undefined],
  ]);
});
