import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { runLarder, runProgram } from '../support/run-larder.js';
import { repositoryRoot } from '../support/repository-root.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { shippedScript } from '../support/shipped-build.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const run = promisify(execFile);

test('the shipped build is the same command in one piece', async (t) => {
  t.timeout(120_000);
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0' }] });
  t.teardown(() => source.close());
  const cwd = await temporaryFolder(t, {
    'config/larder.yaml': `store:\n  path: data\nsources:\n  - name: origin\n    url: ${source.url}\nlog:\n  format: pretty\n`,
  });
  const script = await shippedScript();
  const server = await startLarderProcess([], { cwd, script });
  const get = getter(t, server.url);
  t.is((await get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg')).status, 200);
  t.regex((await get('packages/Alpha')).text(), /Alpha/);
  t.is((await get('api/openapi.json')).status, 200);
  t.is(await server.stop(), 0);
  for (const args of [['--help'], ['--version'], ['check', '--json'], ['verify', '--quiet'], ['no-verb']])
    t.deepEqual(await runProgram(script, args, cwd), await runLarder(args, cwd), args.join(' '));
  t.like(JSON.parse((await runProgram(script, ['stats', '--json'], cwd)).stdout), { packages: 1 });
});

test('made anew while somebody starts it, it is always whole', async (t) => {
  t.timeout(120_000);
  // Below the modules that are not bundled, and not where others put theirs meanwhile.
  const folder = join(repositoryRoot, 'build', `shipped-${process.pid}`);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const bundle = () => run(process.execPath, [join(repositoryRoot, 'scripts/bundle.js'), folder]);
  await bundle();
  let isMade = false;
  const bundling = bundle().finally(() => (isMade = true));
  do t.regex((await run(process.execPath, [join(folder, 'main.js'), '--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  while (!isMade);
  await bundling;
  t.deepEqual(
    (await readdir(folder)).filter((name) => !/^[\w-]+\.js(\.map)?$/.test(name)),
    [],
  );
});
