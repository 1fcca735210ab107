import test from 'ava';
import type { ExecutionContext } from 'ava';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

const path = 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg';

async function start(t: ExecutionContext, fillerBytes = 1000) {
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes }] });
  t.teardown(() => source.close());
  return { source, larder: await startLarder(t, { sources: { origin: source } }) };
}

test('a problem says what, about what, from where and what to do, and no cache keeps it', async (t) => {
  const { source, larder } = await start(t);
  await source.close();
  const reply = await larder.get('v3/flat/Alpha/1.0/alpha.1.0.nupkg');
  t.is(reply.status, 503);
  t.is(reply.headers['content-type'], 'application/problem+json');
  t.is(reply.headers['cache-control'], 'no-store');
  t.is(reply.headers['etag'], undefined);
  const problem = reply.json<{ detail: string; title: string; retryAfterSeconds: number }>();
  t.like(problem, {
    type: 'urn:larder:problem:source-unreachable',
    status: 503,
    code: 'source-unreachable',
    source: 'origin',
    id: 'Alpha',
    version: '1.0.0',
  });
  t.regex(problem.detail, /^origin: .*Try again/);
  t.not(problem.title, '');
  t.is(reply.headers['retry-after'], String(problem.retryAfterSeconds));
  t.regex(reply.reason, /^origin: /);
});

test('an absence says so in the words of the request, with nothing to wait for', async (t) => {
  const { larder } = await start(t);
  const reply = await larder.get('v3/flat/Nobody.Here/index.json');
  t.is(reply.status, 404);
  t.like(reply.json(), {
    code: 'not-found',
    status: 404,
    id: 'Nobody.Here',
    detail: 'no source has a package Nobody.Here',
  });
  t.is(reply.reason, 'no source has a package Nobody.Here');
  t.is(reply.headers['retry-after'], undefined);
});

test('a HEAD of a problem has its head and no body', async (t) => {
  const { source, larder } = await start(t);
  const absent = await larder.get('v3/flat/nobody/index.json', {}, 'HEAD');
  t.is(absent.status, 404);
  t.is(absent.body.length, 0);
  t.true(Number(absent.headers['content-length']) > 0);
  await source.close();
  const failed = await larder.get('v3/flat/alpha/index.json', {}, 'HEAD');
  t.is(failed.status, 503);
  t.is(failed.body.length, 0);
  t.regex(String(failed.headers['retry-after']), /^\d+$/);
});

for (const status of [401, 403])
  test(`a source that answers ${status} gives the client no ${status}: it would ask its user for credentials`, async (t) => {
    const { source, larder } = await start(t);
    source.fault('', { status, headers: { 'www-authenticate': 'Basic realm="theirs"' } });
    for (const at of ['v3/flat/alpha/index.json', 'v3/registration/alpha/index.json', path]) {
      const reply = await larder.get(at);
      t.is(reply.status, status === 429 ? 503 : 502, at);
      t.like(reply.json(), { code: 'source-refused', source: 'origin' }, at);
      t.is(reply.headers['www-authenticate'], undefined, at);
    }
  });

for (const status of [300, 400, 405, 418, 429, 451, 502, 504])
  test(`a source that answers ${status} has failed, not said that there is nothing`, async (t) => {
    const { source, larder } = await start(t);
    source.fault('alpha', { status });
    for (const at of ['v3/flat/alpha/index.json', 'v3/registration/alpha/index.json', path]) {
      const reply = await larder.get(at);
      t.is(reply.status, status === 429 ? 503 : 502, at);
      t.is(reply.json()['source'], 'origin', at);
    }
  });

test('the end of a package that proves bad is refused with the reason, as nothing has gone out yet', async (t) => {
  const { source, larder } = await start(t, 900_000);
  const bytes = Buffer.from(source.package('Alpha', '1.0.0').bytes);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  source.fault('.nupkg', { status: 200, body: bytes });
  source.fault('/catalog0/data', { delayMs: 200 });
  const reply = await larder.get(path, { range: `bytes=${bytes.length - 1}-${bytes.length - 1}` });
  t.is(reply.status, 502);
  t.like(reply.json(), { code: 'package-rejected', source: 'origin', id: 'alpha', version: '1.0.0' });
});

test('a part from the middle of a package that proves bad never ends in good order, however far it lies before the end', async (t) => {
  const { source, larder } = await start(t, 900_000);
  const bytes = Buffer.from(source.package('Alpha', '1.0.0').bytes);
  const last = bytes.length - 100;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  source.fault('.nupkg', { status: 200, body: bytes });
  source.fault('/catalog0/data', { delayMs: 200 });
  const single = await larder.get(path, { range: 'bytes=300-300' });
  t.is(single.status, 502, 'nothing has gone out yet');
  await t.throwsAsync(larder.get(path, { range: 'bytes=300-40000' }), undefined, 'a part of it has gone out');
  source.clearFaults();
  const good = await larder.get(path, { range: 'bytes=300-40000' });
  t.is(good.status, 206);
  t.true(good.body.equals(source.package('Alpha', '1.0.0').bytes.subarray(300, 40_001)));
});

test('a range that lies outside what a source announced is no verdict on the package: that comes first', async (t) => {
  const { source, larder } = await start(t, 900_000);
  const { length } = source.package('Alpha', '1.0.0').bytes;
  source.fault('.nupkg', 'half');
  const rejected = await larder.get(path, { range: `bytes=${length - 1}-` });
  t.is(rejected.status, 502);
  t.like(rejected.json(), { code: 'package-rejected', source: 'origin' });
  source.clearFaults();
  source.fault('/catalog0/data', { delayMs: 100 });
  const outside = await larder.get(path, { range: `bytes=${length}-` });
  t.is(outside.status, 416);
  t.is(outside.headers['content-range'], `bytes */${length}`);
});
