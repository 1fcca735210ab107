import { spawnSync } from 'node:child_process';

import test from 'ava';

import { eventually } from '../support/eventually.js';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const canLimit = spawnSync('prlimit', ['--version']).status === 0;
const nupkg = (id: string) => `v3/flat/${id}/1.0.0/${id}.1.0.0.nupkg`;

/** Sets the largest file that a process may write, from now on. The kernel then fails its writes as a full disk would. */
function limitFiles(pid: number | undefined, limit: string): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${limit}:`]);
  if (status !== 0) throw new Error(stderr.toString());
}

(canLimit ? test : test.skip)(
  `while the store cannot write, what is kept is served, the rest passes through unkept, and it is over without a restart${canLimit ? '' : ' — skipped: prlimit is not on the PATH'}`,
  async (t) => {
    t.timeout(120_000);
    const packages = ['Kept', 'Small', 'Large'].map((id) => ({
      id,
      version: '1.0.0',
      ...(id === 'Large' && { fillerBytes: 3_000_000 }),
    }));
    const source = await startScriptedSource({
      packages: [...packages, { id: 'Huge', version: '1.0.0', fillerBytes: 9_000_000 }],
    });
    t.teardown(() => source.close());
    const config = {
      store: { path: 'data' },
      sources: [{ name: 'upstream', url: source.url }],
      limits: { passThroughBytes: '8MB' },
    };
    const cwd = await temporaryFolder(t, { 'config/larder.yaml': JSON.stringify(config) });
    const larder = await startLarderProcess([], { cwd });
    t.teardown(() => larder.kill());
    const get = getter(t, larder.url);
    const state = async () => (await get('health/ready')).json<{ status: string; checks: object }>();
    t.is((await get(nupkg('kept'))).status, 200);
    t.is((await state()).status, 'ok');

    limitFiles(larder.child.pid, '1');
    for (const id of ['small', 'large', 'small', 'large']) {
      const got = await get(nupkg(id));
      t.is(got.status, 200, id);
      t.is(got.headers['x-cache'], 'MISS', 'it is not kept');
      t.true(got.body.equals(packageOf(id)), id);
    }
    t.is(source.count('large.1.0.0.nupkg'), 2);
    const both = await Promise.all([get(nupkg('large')), get(nupkg('large'))]);
    t.true(both.every(({ body }) => body.equals(packageOf('large'))));
    t.is(source.count('large.1.0.0.nupkg'), 3, 'at one time it is fetched once');
    t.is((await get('v3/flat/large/index.json')).json<{ versions: string[] }>().versions.length, 1);
    t.is((await get('v3/registration-semver2/small/index.json')).status, 200);
    t.is((await get('v3/flat/small/1.0.0/small.nuspec')).status, 200);
    t.is((await get('v3/flat/nobody/index.json')).status, 404);
    const kept = await get(nupkg('kept'));
    t.is(kept.headers['x-cache'], 'HIT');
    t.true(kept.body.equals(packageOf('kept')));
    t.like(await state(), { status: 'degraded', checks: { store: 'degraded', requests: 'ok' } });
    // What passes the memory set aside is told, and not sent in part as if it were whole.
    await t.throwsAsync(async () => {
      const got = await get(nupkg('huge'));
      if (got.status === 503) throw new Error('told');
    });

    limitFiles(larder.child.pid, 'unlimited');
    await eventually(
      async () => {
        await get(nupkg('large'));
        return (await get(nupkg('large'))).headers['x-cache'];
      },
      (cache) => cache === 'HIT',
    );
    const well = await eventually(state, ({ status }) => status === 'ok');
    t.like(well, { checks: { store: 'ok' } });
    t.true((await get(nupkg('large'))).body.equals(packageOf('large')));
    const told = async (words: RegExp) => larder.output.filter((line) => words.test(line)).length;
    // Lines of the log come a moment later.
    t.is(
      await eventually(
        () => told(/the store works again/),
        (count) => count > 0,
      ),
      1,
    );
    t.is(await told(/the store fails/), 1);

    function packageOf(id: string): Buffer {
      return source.package(id, '1.0.0').bytes;
    }
  },
);
