import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

import test from 'ava';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

const packages = [
  { id: 'Alpha.Beta', version: '1.0.0' },
  { id: 'Alpha.Beta', version: '1.5.0-RC.1', dependencies: { Gamma: '[1.0.0, )' } },
  { id: 'Alpha.Beta', version: '2.0.0', listed: false },
];

async function start(t: Parameters<typeof startLarder>[0]) {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  return { source, larder: await startLarder(t, { sources: { origin: source } }) };
}

test('the version list has every version, unlisted and SemVer2 ones too, lower case and ascending', async (t) => {
  const { larder } = await start(t);
  const list = await larder.get('v3/flat/alpha.beta/index.json');
  t.is(list.status, 200);
  t.deepEqual(list.json(), { versions: ['1.0.0', '1.5.0-rc.1', '2.0.0'] });
  t.is(list.headers['content-type'], 'application/json');
  t.is(list.headers['x-cache'], 'MISS');
  t.is(list.headers['x-larder-source'], 'origin');
  t.is((await larder.get('v3/flat/alpha.beta/index.json')).headers['x-cache'], 'HIT');
});

test('trap 20: a package arrives as the source sent it, then is kept', async (t) => {
  const { source, larder } = await start(t);
  const { bytes, sha512 } = source.package('Alpha.Beta', '1.0.0');
  const path = 'v3/flat/alpha.beta/1.0.0/alpha.beta.1.0.0.nupkg';
  const first = await larder.get(path);
  t.is(first.status, 200);
  t.true(first.body.equals(bytes));
  t.is(first.headers['x-cache'], 'MISS');
  t.is(first.headers['content-length'], String(bytes.length));
  const second = await larder.get(path);
  t.true(second.body.equals(bytes));
  t.is(second.headers['x-cache'], 'HIT');
  t.is(second.headers['x-larder-source'], 'origin');
  t.is(second.headers['etag'], `"${Buffer.from(sha512, 'base64').toString('base64url')}"`);
  t.is(second.headers['accept-ranges'], 'bytes');
  t.regex(String(second.headers['cache-control']), /immutable/);
  t.is(source.count('.nupkg'), 1);
});

for (const [spelling, path] of [
  ['the id in capitals', 'v3/flat/ALPHA.Beta/1.0.0/Alpha.BETA.1.0.0.nupkg'],
  ['a short version', 'v3/flat/alpha.beta/1.0/alpha.beta.1.0.nupkg'],
  ['four parts', 'v3/flat/alpha.beta/1.0.0.0/alpha.beta.1.0.0.0.nupkg'],
  ['metadata', 'v3/flat/alpha.beta/1.0.0+sha.5/alpha.beta.1.0.0+sha.5.nupkg'],
  ['an encoded plus', 'v3/flat/alpha.beta/1.0.0%2Bsha/alpha.beta.1.0.0%2Bsha.nupkg'],
  ['leading zeros', 'v3/flat/alpha.beta/01.0.00/alpha.beta.1.0.0.nupkg'],
] as const)
  test(`a package asked for with ${spelling} is the same package, kept once`, async (t) => {
    const { source, larder } = await start(t);
    const { bytes } = source.package('Alpha.Beta', '1.0.0');
    t.is((await larder.get('v3/flat/alpha.beta/1.0.0/alpha.beta.1.0.0.nupkg')).headers['x-cache'], 'MISS');
    const reply = await larder.get(path);
    t.true(reply.body.equals(bytes));
    t.is(reply.headers['x-cache'], 'HIT');
    t.is(source.count('.nupkg'), 1);
  });

test('a prerelease keeps no case in addresses', async (t) => {
  const { source, larder } = await start(t);
  const upper = await larder.get('v3/flat/alpha.beta/1.5.0-RC.1/alpha.beta.1.5.0-RC.1.nupkg');
  t.is(upper.status, 200);
  t.is((await larder.get('v3/flat/alpha.beta/1.5.0-rc.1/alpha.beta.1.5.0-rc.1.nupkg')).headers['x-cache'], 'HIT');
  t.is(source.count('.nupkg'), 1);
});

test('trap 42: a file name that belongs to another package or version is not there, and the source is not asked', async (t) => {
  const { source, larder } = await start(t);
  for (const file of [
    'other.9.9.9.nupkg',
    'alpha.beta.2.0.0.nupkg',
    'alpha.beta.nupkg',
    'alpha.beta..nupkg',
    'gamma.nuspec',
    'alpha.beta.1.0.0.zip',
  ]) {
    const reply = await larder.get(`v3/flat/alpha.beta/1.0.0/${file}`);
    t.is(reply.status, 404, file);
    t.is(reply.json()['code'], 'not-found');
  }
  t.is(source.requests.length, 0);
});

test('trap 26: what the source does not have, ids that nobody knows too, is 404 with the reason, as a problem document and in the reason phrase', async (t) => {
  const { larder } = await start(t);
  for (const path of [
    'v3/flat/nobody/index.json',
    'v3/flat/alpha.beta/9.9.9/alpha.beta.9.9.9.nupkg',
    'v3/flat/nobody/1.0.0/nobody.nuspec',
    'v3/registration/nobody/index.json',
  ]) {
    const reply = await larder.get(path);
    t.is(reply.status, 404, path);
    t.is(reply.headers['content-type'], 'application/problem+json');
    t.like(reply.json(), { status: 404, code: 'not-found' });
    t.regex(reply.reason, /no source has/);
  }
});

test('the nuspec is read out of the package: the one that is kept, fetched where it is not', async (t) => {
  const { source, larder } = await start(t);
  source.fault('.nuspec', { status: 404 });
  const reply = await larder.get('v3/flat/alpha.beta/1.5.0-rc.1/alpha.beta.nuspec');
  t.is(reply.status, 200);
  t.is(reply.headers['content-type'], 'application/xml');
  t.regex(reply.text(), /<id>Alpha\.Beta<\/id>[^]*<version>1\.5\.0-RC\.1<\/version>[^]*Gamma/);
  t.is(reply.headers['x-cache'], 'MISS');
  t.is((await larder.get('v3/flat/alpha.beta/1.5.0-rc.1/ALPHA.BETA.nuspec')).headers['x-cache'], 'HIT');
  t.is(source.count('.nuspec'), 0);
  t.is(source.count('.nupkg'), 1);
});

test('HEAD answers as GET would, without a body', async (t) => {
  const { source, larder } = await start(t);
  const { length } = source.package('Alpha.Beta', '1.0.0').bytes;
  for (const [path, bytes] of [
    ['v3/flat/alpha.beta/1.0.0/alpha.beta.1.0.0.nupkg', length],
    ['v3/flat/alpha.beta/index.json', undefined],
    ['v3/index.json', undefined],
    ['v3/registration-semver2/alpha.beta/index.json', undefined],
  ] as const) {
    const head = await larder.get(path, {}, 'HEAD');
    const get = await larder.get(path);
    t.is(head.status, 200, path);
    t.is(head.body.length, 0);
    t.is(head.headers['content-length'], get.headers['content-length']);
    t.is(head.headers['content-type'], get.headers['content-type']);
    if (bytes !== undefined) t.is(head.headers['content-length'], String(bytes));
  }
  t.is((await larder.get('v3/flat/nobody/index.json', {}, 'HEAD')).status, 404);
});

test('ranges of a kept package are served exactly', async (t) => {
  const { source, larder } = await start(t);
  const { bytes } = source.package('Alpha.Beta', '1.0.0');
  const path = 'v3/flat/alpha.beta/1.0.0/alpha.beta.1.0.0.nupkg';
  const { etag } = (await larder.get(path), await larder.get(path)).headers;
  const size = bytes.length;
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=5-9', 5, 10],
    ['bytes=10-', 10, size],
    ['bytes=-7', size - 7, size],
    [`bytes=3-${size * 2}`, 3, size],
  ] as const) {
    const reply = await larder.get(path, { range });
    t.is(reply.status, 206, range);
    t.is(reply.headers['content-range'], `bytes ${start}-${end - 1}/${size}`);
    t.true(reply.body.equals(bytes.subarray(start, end)), range);
  }
  t.is((await larder.get(path, { range: 'bytes=5-9', 'if-range': String(etag) })).status, 206);
  t.is(
    (await larder.get(path, { range: 'bytes=5-9', 'if-range': '"other"' })).status,
    200,
    'another version of the bytes: the whole',
  );
  t.is((await larder.get(path, { range: 'bytes=0-1,4-5' })).status, 200, 'several ranges: the whole');
  t.is((await larder.get(path, { range: 'lines=1-2' })).status, 200, 'another unit: the whole');
});

for (const range of ['bytes=abc', 'bytes=9-5', 'bytes=99999999-', 'bytes=', 'bytes=-'])
  test(`a range that cannot be satisfied (${range}) is 416 and tells the size`, async (t) => {
    const { source, larder } = await start(t);
    const path = 'v3/flat/alpha.beta/1.0.0/alpha.beta.1.0.0.nupkg';
    await larder.get(path);
    const reply = await larder.get(path, { range });
    t.is(reply.status, 416);
    t.is(reply.json()['code'], 'bad-range');
    t.is(reply.headers['content-range'], `bytes */${source.package('Alpha.Beta', '1.0.0').bytes.length}`);
  });

test('who has the document or package already is told 304', async (t) => {
  const { larder } = await start(t);
  for (const path of [
    'v3/index.json',
    'v3/flat/alpha.beta/index.json',
    'v3/registration/alpha.beta/index.json',
    'v3/flat/alpha.beta/1.0.0/alpha.beta.1.0.0.nupkg',
    'v3/flat/alpha.beta/1.0.0/alpha.beta.nuspec',
  ]) {
    await larder.get(path);
    const { etag } = (await larder.get(path)).headers;
    t.regex(String(etag), /^"[^"]+"$/, path);
    const again = await larder.get(path, { 'if-none-match': `"x", ${String(etag)}` });
    t.is(again.status, 304, path);
    t.is(again.body.length, 0);
    t.is(again.headers['etag'], etag);
    t.is((await larder.get(path, { 'if-none-match': '"x"' })).status, 200);
  }
});

test('documents are compressed for those who ask, each form under its own validator and its own place in memory', async (t) => {
  const { larder } = await start(t);
  const path = 'v3/registration-semver2/alpha.beta/index.json';
  const plain = await larder.get(path);
  for (const gzip of [
    await larder.get(path, { 'accept-encoding': 'gzip, deflate' }),
    await larder.get(path, { 'accept-encoding': 'gzip, deflate' }),
  ]) {
    t.is(gzip.headers['content-encoding'], 'gzip');
    t.true(gunzipSync(gzip.body).equals(plain.body));
    t.not(gzip.headers['etag'], plain.headers['etag']);
    t.is(gzip.headers['vary'], 'Accept-Encoding');
  }
  t.is((await larder.get(path)).headers['content-encoding'], undefined);
  t.is((await larder.get(path, { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined);
});

test('the SHA-512 of what is served is the one that the source publishes', async (t) => {
  const { source, larder } = await start(t);
  const reply = await larder.get('v3/flat/alpha.beta/2.0.0/alpha.beta.2.0.0.nupkg');
  t.is(createHash('sha512').update(reply.body).digest('base64'), source.package('Alpha.Beta', '2.0.0').sha512);
});
