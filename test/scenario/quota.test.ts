import test from 'ava';

import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { directoryBytes } from '../../src/store/level/store-directory.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flatPath } from './nupkg-download.js';

/** The least that the configuration takes. */
const maxBytes = 64_000_000;
const generationBytes = 4_000_000;
const scripts: PackageScript[] = Array.from({ length: 50 }, (_, n) => ({
  id: `Passing.P${n}`,
  version: '1.0.0',
  fillerBytes: 1_400_000 + n * 12_000,
}));
const pathOf = ({ id, version }: PackageScript) => flatPath(PackageIdentity.parse(id, version)).slice(1);

test('trap 30: clients get every package while the store evicts, and what was deleted upstream is still there', async (t) => {
  const path = await temporaryDirectory(t);
  const source = await startScriptedSource({ packages: scripts });
  t.teardown(() => source.close());
  const deleted = { id: 'Deleted', version: '1.0.0', fillerBytes: 700_000 };
  const { bytes } = source.add(deleted);
  const store = await openLevelStore(path, { now: Date.now, maxBytes, generationBytes });
  const larder = await startLarder(t, { sources: { scripted: source }, store });
  t.true((await larder.get(pathOf(deleted))).body.equals(bytes));
  source.remove('Deleted');
  t.is((await larder.get('v3/flat/deleted/index.json')).status, 200);

  for (let round = 0; round < 2; round++) {
    await Promise.all(
      [0, 1, 2, 3].map(async (lane) => {
        for (const script of scripts.filter((_, n) => n % 4 === lane)) {
          const reply = await larder.get(pathOf(script));
          t.is(reply.status, 200, script.id);
          t.true(reply.body.equals(source.package(script.id, script.version).bytes), script.id);
        }
      }),
    );
    const part = (await directoryBytes(path)) / maxBytes;
    t.true(part <= 1.1, `${part} of the quota on disk`);
  }
  const status = (await larder.get('api/status')).json<{ pins: number; retainedBytes: number; generations: number }>();
  t.true(status.pins > 10);
  t.true(status.retainedBytes >= 700_000);
  t.true(status.generations > 5);
  const still = await larder.get(pathOf(deleted));
  t.is(still.headers['x-cache'], 'HIT');
  t.true(still.body.equals(bytes));
});

test('a package that was evicted and published anew with other bytes is refused', async (t) => {
  const source = await startScriptedSource({ packages: scripts });
  t.teardown(() => source.close());
  const options = { now: Date.now, maxBytes, generationBytes };
  const store = await openLevelStore(await temporaryDirectory(t), options);
  const larder = await startLarder(t, { sources: { scripted: source }, store });
  for (const script of scripts) t.is((await larder.get(pathOf(script))).status, 200);
  const { identity } = source.package('Passing.P0', '1.0.0');
  t.is(await store.packages.find(identity), undefined);
  source.add({ ...scripts[0]!, fillerBytes: 10_000 });
  const reply = await larder.get(pathOf(scripts[0]!));
  t.is(reply.status, 502);
  t.like(reply.json(), { code: 'version-conflict' });
  t.regex(reply.text(), /than those that it supplied first/);
  t.is(await store.packages.find(identity), undefined);
});
