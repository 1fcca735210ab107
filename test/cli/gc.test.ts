import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { GcReport } from '../../src/feed/store.js';
import { statusSchema } from '../../src/http/api/schemas.js';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { runLarder } from '../support/run-larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const megabytes = 5;
const count = 16;
const nupkg = (at: number) => `v3/flat/part${at}/1.0.0/part${at}.1.0.0.nupkg`;

/** A store without a quota that keeps more than its configuration will allow. */
async function start(t: ExecutionContext) {
  t.timeout(240_000);
  const packages = Array.from({ length: count }, (_, at) => ({
    id: `Part${at}`,
    version: '1.0.0',
    fillerBytes: megabytes * 1_000_000,
  }));
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const settings = { sources: [{ name: 'origin', url: source.url }] };
  const config = (store: object) => JSON.stringify({ ...settings, store: { path: 'data', ...store } });
  const folder = await temporaryFolder(t, {
    'large.json': config({}),
    'small.json': config({ maxBytes: '64MB' }),
  });
  const server = await startLarderProcess(['--config', 'large.json'], { cwd: folder });
  const get = getter(t, server.url);
  for (let at = 0; at < count; at++) t.is((await get(nupkg(at))).status, 200);
  t.is(await server.stop(), 0);
  return { source, folder };
}

test('gc frees what passes the quota, a dry run only tells, and what was evicted comes again from its source', async (t) => {
  const { folder } = await start(t);
  const gc = async (...args: string[]) => {
    const { code, stdout, stderr } = await runLarder(['gc', '--config', 'small.json', '--json', ...args], folder);
    t.is(code, 0, stderr);
    return JSON.parse(stdout) as GcReport;
  };
  const status = async () =>
    statusSchema.parse(
      JSON.parse((await runLarder(['stats', '--config', 'small.json', '--json', '--offline'], folder)).stdout),
    );
  const before = await status();
  t.is(before.versions, count);
  const told = await gc('--dry-run');
  t.true(told.evicted > 0 && told.freedBytes > 10_000_000, JSON.stringify(told));
  t.is((await status()).versions, count, 'a dry run changes nothing');
  const done = await gc();
  t.true(done.evicted > 0, JSON.stringify(done));
  const after = await status();
  t.is(after.versions, count - done.evicted);
  t.true(after.diskBytes <= 1.1 * 64e6, `${after.diskBytes} bytes on disk`);
  t.is(after.pins, done.evicted);

  const server = await startLarderProcess(['--config', 'small.json'], { cwd: folder });
  t.teardown(() => server.kill());
  const get = getter(t, server.url);
  for (let at = 0; at < count; at++) t.is((await get(nupkg(at))).body.length > megabytes * 1_000_000, true);
  const beside = await runLarder(['gc', '--config', 'small.json'], folder);
  t.is(beside.code, 0, beside.stderr);
  t.regex(beside.stdout, /^Freed .*: \d+ packages evicted, \d+ moved\.\n$/);
  t.true((await status()).diskBytes <= 1.1 * 64e6);
});
