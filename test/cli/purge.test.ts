import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { runLarder } from '../support/run-larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const nupkg = (version: string) => `v3/flat/alpha/${version}/alpha.${version}.nupkg`;

/** A server that keeps two versions of Alpha, and the folder that it was started in. */
async function start(t: ExecutionContext, config: object = {}) {
  t.timeout(240_000);
  const source = await startScriptedSource({
    packages: [
      { id: 'Alpha', version: '1.0.0' },
      { id: 'Alpha', version: '2.0.0' },
    ],
  });
  t.teardown(() => source.close());
  const settings = {
    store: { path: 'data' },
    sources: [{ name: 'origin', url: source.url }],
    freshness: { versions: '1h', registration: '1h' },
    ...config,
  };
  const folder = await temporaryFolder(t, { 'config/larder.yaml': JSON.stringify(settings) });
  const server = await startLarderProcess([], { cwd: folder });
  t.teardown(() => server.kill());
  const get = getter(t, server.url);
  const key = { authorization: 'Bearer key-of-a-reader' };
  for (const version of ['1.0.0', '2.0.0']) t.is((await get(nupkg(version), key)).status, 200);
  const fetched = () => source.count('.nupkg');
  t.is(fetched(), 2);
  return { source, folder, server, get, key, fetched };
}

test('purge forgets one version, or all of an id, through the running server', async (t) => {
  const { folder, get, fetched } = await start(t);
  const one = await runLarder(['purge', 'ALPHA', '1.0'], folder);
  t.like(one, { code: 0, stderr: '' });
  t.regex(one.stdout, /^Forgot alpha 1\.0\.0 \(\d.*\)\.\n$/);
  t.is((await get(nupkg('1.0.0'))).headers['x-cache'], 'MISS');
  t.is((await get(nupkg('2.0.0'))).headers['x-cache'], 'HIT');
  t.is(fetched(), 3);
  const all = await runLarder(['purge', 'alpha', '--json'], folder);
  t.like(JSON.parse(all.stdout), { id: 'alpha', versions: ['1.0.0', '2.0.0'] });
  t.is((await get(nupkg('2.0.0'))).headers['x-cache'], 'MISS');
});

test('purge works on a store that no server has open, and ends with 1 when there was nothing', async (t) => {
  const { folder, server, source } = await start(t);
  t.is(await server.stop(), 0);
  t.is((await runLarder(['purge', 'Alpha', '2.0.0', '--quiet'], folder)).code, 0);
  const again = await runLarder(['purge', 'Alpha', '2.0.0'], folder);
  t.like(again, { code: 1, stdout: 'Nothing of Alpha is kept here.\n' });
  t.is((await runLarder(['purge', 'Nobody'], folder)).code, 1);
  const offline = await startLarderProcess(['--offline'], { cwd: folder });
  t.teardown(() => offline.kill());
  const get = getter(t, offline.url);
  t.is((await get(nupkg('1.0.0'))).status, 200);
  t.is((await get(nupkg('2.0.0'))).status, 504);
  t.is(source.count('.nupkg'), 2);
});

test('only who can read the folder of the store may work on it, keys or not', async (t) => {
  const access = { anonymousRead: false, keys: [{ name: 'ci', key: 'key-of-a-reader' }] };
  const { folder, get, key, server } = await start(t, { access });
  for (const headers of [{}, key, { authorization: 'Bearer guessed' }]) {
    const refused = await get('api/maintenance/purge/Alpha', headers, 'POST');
    t.is(refused.status, 403);
    t.is(refused.json<{ code: string }>().code, 'forbidden');
  }
  const file = join(folder, 'data/owner.json');
  t.is((await stat(file)).mode & 0o777, 0o600);
  const { token } = JSON.parse(await readFile(file, 'utf8')) as { token: string };
  t.false(server.output.join('\n').includes(token), 'it stands in no log');
  t.is((await runLarder(['stats', '--json'], folder)).code, 0, 'the owner needs no key');
  t.like(await runLarder(['purge', 'Alpha', '1.0.0'], folder), { code: 0, stderr: '' });
  t.is((await get(nupkg('1.0.0'), key)).headers['x-cache'], 'MISS');
});

for (const args of [['purge'], ['purge', 'a..b'], ['purge', 'Alpha', 'one'], ['purge', 'Alpha', '1.0', 'more']])
  test(`larder ${args.join(' ')} is wrong usage and ends with 2`, async (t) => {
    const { code, stdout, stderr } = await runLarder(args, await temporaryFolder(t));
    t.is(code, 2);
    t.is(stdout, '');
    t.not(stderr, '');
  });
