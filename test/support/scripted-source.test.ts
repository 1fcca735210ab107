import test from 'ava';
import { unzipSync } from 'fflate';
import { request } from 'undici';
import { makeNupkg, sha512Of } from './nupkg.js';
import { startScriptedSource } from './scripted-source.js';

const flat = 'v3-flatcontainer/alpha/1.0.0/alpha.1.0.0.nupkg';
const packages = [
  { id: 'Alpha', version: '1.0.0', dependencies: { Beta: '[1.0.0, )' } },
  { id: 'Alpha', version: '2.0.0-a.b' },
];

test('a made package is a zip with its nuspec, as large as asked, the same each time', (t) => {
  const recipe = { id: 'Alpha', version: '1.0.0', dependencies: { Beta: '1.0' }, fillerBytes: 3_000_000 };
  const bytes = makeNupkg(recipe);
  const entries = unzipSync(bytes);
  t.true(bytes.length > 3_000_000 && bytes.length < 3_010_000);
  t.true('[Content_Types].xml' in entries);
  t.regex(new TextDecoder().decode(entries['Alpha.nuspec']), /<dependency id="Beta" version="1.0" \/>/);
  t.is(sha512Of(makeNupkg(recipe)), sha512Of(bytes));
});

test('hives show what their kind shows, gz hives in gzip whatever was asked', async (t) => {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const ask = async (hive: string) => {
    const answer = await request(`${source.origin}/v3/${hive}/alpha/index.json`);
    return { encoding: answer.headers['content-encoding'], body: await answer.body.bytes() };
  };
  t.is((await ask('registration5-gz-semver2')).encoding, 'gzip');
  const plain = await ask('registration5-semver1');
  t.is(plain.encoding, undefined);
  const text = Buffer.from(plain.body).toString();
  t.true(text.includes('"1.0.0"'));
  t.false(text.includes('2.0.0-a.b'));
});

test('the newest fault that matches counts, for as many requests as it was told', async (t) => {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const status = async (path: string) => {
    const answer = await request(`${source.origin}/${path}`);
    await answer.body.dump();
    return answer.statusCode;
  };
  source.fault('flatcontainer', { status: 500 });
  source.fault(/nupkg$/, { status: 503 }, { times: 2 });
  t.deepEqual([await status(flat), await status(flat), await status(flat)], [503, 503, 500]);
  t.is(await status('v3/index.json'), 200);
  source.clearFaults();
  t.is(await status(flat), 200);
  t.is(source.count('.nupkg'), 4);
  t.is(source.requests[0]?.path, `/${flat}`);
});

test('another package and half a package are sent as if they were right', async (t) => {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const body = async () => Buffer.from(await (await request(`${source.origin}/${flat}`)).body.bytes());
  const whole = await body();
  t.true(whole.equals(source.package('Alpha', '1.0.0').bytes));
  source.fault('.nupkg', 'half');
  t.true((await body()).equals(whole.subarray(0, Math.floor(whole.length / 2))));
  source.fault('.nupkg', 'wrong package');
  t.true('Scripted.Other.Package.nuspec' in unzipSync(await body()));
});

test('it can go and come back at the same address', async (t) => {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const { url } = source;
  await source.close();
  await t.throwsAsync(request(url), { code: 'ECONNREFUSED' });
  await source.reopen();
  t.is(source.url, url);
  await (await request(url)).body.dump();
});

test('packages come and go while it runs', async (t) => {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const list = async () => {
    const answer = await request(`${source.origin}/v3-flatcontainer/alpha/index.json`);
    return answer.statusCode === 200 ? await answer.body.json() : answer.body.dump().then(() => answer.statusCode);
  };
  source.add({ id: 'Alpha', version: '1.5.0' });
  t.deepEqual(await list(), { versions: ['1.0.0', '1.5.0', '2.0.0-a.b'] });
  source.remove('Alpha', '1.0.0');
  t.deepEqual(await list(), { versions: ['1.5.0', '2.0.0-a.b'] });
  source.remove('alpha');
  t.is(await list(), 404);
});
