import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { Agent } from 'undici';

import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Every file below a folder with its size and the time of its last change. */
async function filesBelow(path: string): Promise<string[]> {
  const names = await readdir(path, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(path, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}

test('traps 18 and 41: what is kept and fresh is read without a write, however often', async (t) => {
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes: 600_000 }] });
  t.teardown(() => source.close());
  const path = await temporaryDirectory(t);
  const store = await openLevelStore(path, { now: Date.now, maxBytes: 64e6 });
  const larder = await startLarder(t, {
    sources: { origin: source },
    store,
    config: { freshness: { versions: '1h', registration: '1h' } },
  });
  const paths = [
    'v3/flat/alpha/index.json',
    'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg',
    'v3/flat/alpha/1.0.0/alpha.nuspec',
    'v3/registration-semver2/alpha/index.json',
    'v3/search?q=alpha&semVerLevel=2.0.0',
  ];
  for (const each of paths) t.is((await larder.get(each)).status, 200, each);
  const before = await filesBelow(path);
  t.true(before.length > 5);
  for (let round = 0; round < 40; round++) for (const each of paths) t.is((await larder.get(each)).status, 200);
  t.deepEqual(await filesBelow(path), before);
});

test('trap 39: while the source is away a list is what the source said last, in order, and not what happens to be kept', async (t) => {
  const versions = ['1.0.0', '2.0.0', '10.0.0'];
  const source = await startScriptedSource({ packages: versions.map((version) => ({ id: 'Alpha', version })) });
  const larder = await startLarder(t, { sources: { origin: source }, config: { freshness: { versions: '1ms' } } });
  t.is((await larder.get('v3/flat/alpha/index.json')).status, 200);
  t.is((await larder.get('v3/flat/alpha/2.0.0/alpha.2.0.0.nupkg')).status, 200);
  await source.close();
  const away = await larder.get('v3/flat/alpha/index.json');
  t.is(away.headers['x-cache'], 'STALE');
  t.deepEqual(away.json<{ versions: string[] }>().versions, versions);
});

test('trap 40: the first bytes of a large package are passed on while its source still sends it', async (t) => {
  const source = await startScriptedSource({ packages: [{ id: 'Large', version: '1.0.0', fillerBytes: 1_500_000 }] });
  t.teardown(() => source.close());
  source.fault('.nupkg', { dripBytesPerSecond: 500_000 });
  const larder = await startLarder(t, { sources: { origin: source } });
  const agent = new Agent();
  t.teardown(() => agent.destroy());
  const { body } = await agent.request({
    origin: new URL(larder.url).origin,
    path: '/v3/flat/large/1.0.0/large.1.0.0.nupkg',
    method: 'GET',
  });
  let received = 0;
  let isFirst = true;
  for await (const piece of body) {
    received += (piece as Buffer).length;
    if (!isFirst) continue;
    isFirst = false;
    const { versions } = (await larder.get('api/status')).json<{ versions: number }>();
    t.is(versions, 0, 'it is not kept yet');
    t.true(received < 1_000_000, `${received} bytes came at once`);
  }
  t.is(received, source.package('Large', '1.0.0').bytes.length);
});
