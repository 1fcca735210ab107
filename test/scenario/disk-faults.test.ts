import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { eventually } from '../support/eventually.js';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import type { LarderProcess } from '../support/larder-process.js';
import { noPowerCuts, PowerCutDisk } from '../support/power-cut-disk.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';
import { skipBecause } from '../support/skip-because.js';
import { canMount, smallDisk } from '../support/small-disk.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const canLimit = spawnSync('prlimit', ['--version']).status === 0;
const noDisk = noPowerCuts();
const nupkg = (id: string) => `v3/flat/${id}/1.0.0/${id}.1.0.0.nupkg`;

/** A running Larder with its store below a path, and how it is asked. */
async function start(t: ExecutionContext, source: ScriptedSource, path: string) {
  const cwd = await temporaryDirectory(t);
  const config = {
    store: { path: join(path, 'data') },
    sources: [{ name: 'origin', url: source.url }],
    freshness: { catalog: 'off' },
  };
  await writeFile(join(cwd, 'larder.yaml'), JSON.stringify(config));
  const larder = await startLarderProcess(['--config', 'larder.yaml'], { cwd });
  t.teardown(() => larder.kill());
  const get = getter(t, larder.url);
  const told = (words: RegExp) => larder.output.filter((line) => words.test(line)).length;
  const status = async () => (await get('health/ready')).json<{ status: string }>().status;
  /** @returns how it was had; the bytes are always the right ones */
  const cache = async (id: string) => {
    const reply = await get(nupkg(id));
    t.is(reply.status, 200, `${id}: ${reply.text().slice(0, 500)}`);
    t.true(reply.body.equals(source.package(id, '1.0.0').bytes), id);
    return reply.headers['x-cache'];
  };
  return { larder, get, told, status, cache };
}

async function startSource(t: ExecutionContext): Promise<ScriptedSource> {
  const ids = ['First', 'Middle', 'New', 'Newer'];
  const source = await startScriptedSource({
    packages: ids.map((id) => ({ id, version: '1.0.0', fillerBytes: 1_300_000 })),
  });
  t.teardown(() => source.close());
  return source;
}

function limitOpenFiles({ child }: LarderProcess, limit: number): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(child.pid), `--nofile=${limit}:`]);
  if (status !== 0) throw new Error(stderr.toString());
}

(canLimit ? test : skipBecause('prlimit is not on the PATH'))(
  'while a process may open no more files, what it cannot read passes through, connections are lost and nothing else, and it recovers',
  async (t: ExecutionContext) => {
    t.timeout(120_000);
    const source = await startSource(t);
    const path = await temporaryDirectory(t);
    const before = await start(t, source, path);
    // What lies in the tables at both ends is read when the store is opened.
    for (const id of ['wide', 'middle', 'wider']) {
      if (id !== 'middle') source.add({ id, version: '1.0.0', fillerBytes: 30_000_000 });
      t.is(await before.cache(id), 'MISS');
      // Or search reads the package itself when it starts.
      t.is((await before.get(`v3/registration-semver2/${id}/index.json`)).status, 200);
    }
    await before.larder.stop();

    const { larder, get, told, status, cache } = await start(t, source, path);
    // Connections to the source, and of ours, that are there already.
    const unknown = Array.from({ length: 6 }, (_, at) => get(`v3/flat/nobody${at}/index.json`));
    for (const reply of await Promise.all(unknown)) t.is(reply.status, 404);
    limitOpenFiles(larder, 1);
    t.is(await cache('middle'), 'MISS', 'its tables cannot be opened');
    t.is(await cache('middle'), 'MISS');
    t.is(await status(), 'degraded');
    for (let lost = 0; lost < 5; lost++) {
      const { hostname, port } = new URL(larder.url);
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      const closed = once(socket, 'close');
      socket.write('GET /health/live HTTP/1.0\r\n\r\n');
      socket.resume();
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300))]);
      socket.destroy();
    }
    t.is(larder.child.exitCode, null);
    t.is(await status(), 'degraded');

    limitOpenFiles(larder, 1_024);
    await eventually(status, (one) => one === 'ok');
    t.is(await cache('middle'), 'HIT');
    await eventually(
      () => cache('new').then(() => cache('new')),
      (one) => one === 'HIT',
    );
    t.is((await getter(t, larder.url)('health/live')).status, 200);
    t.is(told(/the store cannot read: /), 1);
    t.is(told(/error of our own/), 0);
  },
);

(noDisk === undefined ? test.serial : skipBecause(noDisk))(
  'a file system that turns read-only under a running Larder costs nobody an answer, and nothing that was kept',
  async (t: ExecutionContext) => {
    t.timeout(120_000);
    const source = await startSource(t);
    const disk = PowerCutDisk.create(256);
    t.teardown(() => disk.remove());
    const { larder, told, status, cache } = await start(t, source, disk.path);
    for (const id of ['first', 'middle']) t.is(await cache(id), 'MISS');
    disk.abort();
    for (const id of ['new', 'newer', 'new']) t.is(await cache(id), 'MISS');
    for (const id of ['first', 'middle']) t.is(await cache(id), 'HIT');
    t.is(await status(), 'degraded');
    t.is(told(/the store fails/), 1);
    t.is(told(/error of our own/), 0);
    await larder.kill();

    disk.repair();
    const after = await start(t, source, disk.path);
    for (const id of ['first', 'middle']) t.is(await after.cache(id), 'HIT');
    t.is(await after.cache('new'), 'MISS');
    t.is(await after.cache('new'), 'HIT');
    t.is(await after.status(), 'ok');
    await after.larder.kill();
  },
);

(canMount() ? test : skipBecause('no disk can be mounted here'))(
  'a disk that others fill costs nobody an answer, and is used again when there is room',
  async (t: ExecutionContext) => {
    t.timeout(120_000);
    const source = await startSource(t);
    const path = await smallDisk(t, 48);
    const { larder, told, status, cache } = await start(t, source, path);
    t.is(await cache('first'), 'MISS');
    const { bavail, bsize } = await statfs(path);
    await writeFile(join(path, 'other'), Buffer.alloc(bavail * bsize));
    for (const id of ['new', 'newer', 'new']) t.is(await cache(id), 'MISS');
    t.is(await cache('first'), 'HIT');
    t.is(await status(), 'degraded');

    await rm(join(path, 'other'));
    await eventually(
      () => cache('new'),
      (one) => one === 'HIT',
    );
    t.is(await status(), 'ok');
    t.is(told(/the store fails/), 1);
    // Lines of the log come a moment later.
    t.is(
      await eventually(
        async () => told(/the store works again/),
        (count) => count > 0,
      ),
      1,
    );
    await larder.kill();
  },
);
