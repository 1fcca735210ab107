import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { VerifyReport } from '../../src/feed/verify-report.js';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { withBlobs } from '../support/level-files.js';
import { runLarder } from '../support/run-larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const nupkg = 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg';

/** A store that keeps Alpha 1.0.0, no server on it. */
async function start(t: ExecutionContext) {
  t.timeout(240_000);
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes: 400_000 }] });
  t.teardown(() => source.close());
  const settings = { store: { path: 'data' }, sources: [{ name: 'origin', url: source.url }] };
  const folder = await temporaryFolder(t, { 'config/larder.yaml': JSON.stringify(settings) });
  const server = await startLarderProcess([], { cwd: folder });
  t.is((await getter(t, server.url)(nupkg)).status, 200);
  t.is(await server.stop(), 0);
  return { source, folder };
}

/** Flips one bit of a kept chunk. */
async function damage(folder: string): Promise<void> {
  await withBlobs(`${folder}/data`, async (blobs) => {
    const [key, value] = (await blobs.iterator({ limit: 1 }).all())[0] ?? [];
    if (!key || !value) throw new Error('no chunk is kept');
    value[1000] = (value[1000] ?? 0) ^ 1;
    await blobs.put(key, value);
  });
}

test('verify of a sound store ends with 0, beside a running server and alone', async (t) => {
  const { folder } = await start(t);
  const alone = await runLarder(['verify'], folder);
  t.like(alone, { code: 0, stderr: '' });
  t.regex(alone.stdout, /^1 packages \(.* kB\) and \d+ documents read in .* s: nothing is damaged\.\n$/);
  const server = await startLarderProcess([], { cwd: folder });
  t.teardown(() => server.kill());
  const beside = await runLarder(['verify', '--json'], folder);
  t.like(beside, { code: 0, stderr: '' });
  t.like(JSON.parse(beside.stdout) as VerifyReport, { packages: 1, damaged: [], healed: 0 });
  t.is((await runLarder(['verify', '--quiet'], folder)).stdout, '');
});

test('verify ends with 1 where something is damaged and leaves it; with --repair it is fetched again and that ends with 0', async (t) => {
  const { source, folder } = await start(t);
  await damage(folder);
  const found = await runLarder(['verify'], folder);
  t.is(found.code, 1);
  t.regex(found.stdout, /: 1 damaged\.\n {2}alpha 1\.0\.0: .*; left as it is; --repair fetches it again\n$/);
  t.is(source.count('.nupkg'), 1);
  const repaired = await runLarder(['verify', '--repair'], folder);
  t.is(repaired.code, 0, repaired.stdout);
  t.regex(repaired.stdout, /alpha 1\.0\.0: .*; fetched again from origin\n$/);
  t.is(source.count('.nupkg'), 2);
  t.is((await runLarder(['verify'], folder)).code, 0);
});

test('what cannot be had again is told as lost, and verify --repair ends with 1', async (t) => {
  const { source, folder } = await start(t);
  await damage(folder);
  await source.close();
  const { code, stdout } = await runLarder(['verify', '--repair'], folder);
  t.is(code, 1);
  t.regex(stdout, /alpha 1\.0\.0: .*; forgotten, and origin could not give it again \(.*connection refused.*\)\n$/);
});
