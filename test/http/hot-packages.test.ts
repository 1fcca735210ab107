import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { PackageRow } from '../../src/feed/store.js';
import { etagOf, HotPackages, maxHotPackageBytes } from '../../src/http/hot-packages.js';
import { createTrace } from '../../src/http/trace.js';
import type { Trace } from '../../src/http/trace.js';
import { systemClock } from '../../src/ops/clock.js';
import { silentLog } from '../../src/ops/log.js';
import { callersOf, nobody } from '../../src/policy/access.js';
import type { Caller } from '../../src/policy/access.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { eventually } from '../support/eventually.js';
import { getter } from '../support/larder.js';
import { keep, samplePackage } from '../support/sample-package.js';

const team = callersOf({ anonymousRead: false, keys: [{ name: 'team', scopes: ['read'], feeds: ['team'] }] }).byKey.get(
  'team',
) as Caller;
const lastModified = 'Tue, 01 Jan 2030 00:00:00 GMT';
const cacheControl = 'public, max-age=31536000, immutable';
const notMine = 418;
/** Its heads, its lines in the log, the row. */
const besideBody = 3_524;

interface World {
  readonly hot: HotPackages;
  readonly store: MemoryStore;
  /** Rows whose bytes proved damaged. */
  readonly damaged: PackageRow[];
  readonly memory: { room: number };
  caller: Caller;
  trace: Trace;
  readonly get: ReturnType<typeof getter>;
  /** Keeps a package, and remembers it as if it had just been sent. */
  kept(id: string, bytes: number): Promise<PackageRow>;
  remember(row: PackageRow, path: string): Promise<void>;
}

/** A server that answers out of hot packages, and with 418 what they do not answer. */
async function start(t: ExecutionContext, room = 10_000_000): Promise<World> {
  const store = new MemoryStore();
  const damaged: PackageRow[] = [];
  const memory = { room };
  const packages = {
    isStillKept: (row: PackageRow) => store.packages.isCurrent(row),
    forgetDamaged: async (row: PackageRow) => void damaged.push(row),
    noteUnreadable: () => undefined,
  };
  const hot = new HotPackages({ packages, clock: systemClock, log: silentLog, room: () => memory.room });
  const server = createServer((req, res) => {
    world.trace = Object.assign(createTrace(), { caller: world.caller });
    if (!hot.answer(req, res, world.trace)) res.writeHead(notMine).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const remember = async (row: PackageRow, path: string) => {
    const content = await store.packages.open(row);
    const trace = { ...createTrace(), id: row.identity.id.text, version: '1.0.0', source: row.source };
    hot.remember({ row, content, feed: 'team', path: `/${path}`, cacheControl, lastModified, trace });
  };
  const world: World = {
    ...{ hot, store, damaged, memory, caller: team, trace: createTrace(), remember },
    get: getter(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    async kept(id, bytes) {
      const row = await keep(store.packages, samplePackage(id, '1.0.0', bytes));
      await remember(row, id);
      return row;
    },
  };
  return world;
}

const untilHot = (world: World, path: string) =>
  eventually(
    () => world.get(path),
    ({ status }) => status === 200,
  );

test('a package that was sent whole is answered from memory: the bytes, their validators, and what the log tells', async (t) => {
  const world = await start(t);
  const row = await world.kept('alpha', 40_000);
  const reply = await untilHot(world, 'alpha');
  t.is(createHash('sha512').update(reply.body).digest('base64'), row.sha512);
  t.like(reply.headers, {
    etag: etagOf(row),
    'last-modified': lastModified,
    'cache-control': cacheControl,
    'accept-ranges': 'bytes',
    'content-length': '40000',
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'x-cache': 'HIT',
    'x-larder-source': row.source,
  });
  t.is(reply.headers['age'], undefined);
  t.like(world.trace, { feed: 'team', id: 'alpha', version: '1.0.0', source: row.source, cache: 'HIT', bytes: 40_000 });
});

test('HEAD has the head and no body; a client that has the bytes hears 304; a part is not for memory to send', async (t) => {
  const world = await start(t);
  const row = await world.kept('alpha', 40_000);
  await untilHot(world, 'alpha');
  const head = await world.get('alpha', {}, 'HEAD');
  t.is(head.status, 200);
  t.is(head.headers['content-length'], '40000');
  t.is(head.body.length, 0);
  const unchanged = await world.get('alpha', { 'if-none-match': etagOf(row) });
  t.is(unchanged.status, 304);
  t.is(unchanged.headers['etag'], etagOf(row));
  t.is(unchanged.headers['content-length'], undefined);
  t.is((await world.get('alpha', { 'if-modified-since': lastModified })).status, 304);
  t.is((await world.get('alpha', { 'if-none-match': '"other"' })).status, 200);
  t.is((await world.get('alpha', { range: 'bytes=0-9' })).status, notMine);
  t.is((await world.get('alpha', {}, 'POST')).status, notMine);
  t.is((await world.get('alpha?x=1')).status, notMine);
});

test('only who may read the feed gets it', async (t) => {
  const world = await start(t);
  await world.kept('alpha', 1_000);
  await untilHot(world, 'alpha');
  world.caller = nobody;
  t.is((await world.get('alpha')).status, notMine);
  world.caller = team;
  t.is((await world.get('alpha')).status, 200);
});

test('a package that the store does not have so any more is not given out', async (t) => {
  const world = await start(t);
  for (const takeAway of ['remove', 'purge'] as const) {
    const sample = samplePackage(takeAway, '1.0.0', 1_000);
    await world.remember(await keep(world.store.packages, sample), takeAway);
    await untilHot(world, takeAway);
    await world.store.packages[takeAway](sample.facts.identity);
    t.is((await world.get(takeAway)).status, notMine);
    // The same bytes come anew: what was in memory belonged to the copy that went.
    await keep(world.store.packages, sample);
    t.is((await world.get(takeAway)).status, notMine);
  }
  t.is(world.hot.bytes, 0);
});

test('one that goes while it is taken into memory is not taken in', async (t) => {
  const world = await start(t);
  const row = await world.kept('alpha', 1_000);
  await world.store.packages.remove(row.identity);
  await world.kept('later', 1_000);
  await untilHot(world, 'later');
  t.is(world.hot.bytes, 2 * 1_000 + besideBody, 'only the later one');
  t.is((await world.get('alpha')).status, notMine);
});

test('bytes that have another SHA-512 never enter: the copy is damaged, and that is told', async (t) => {
  const world = await start(t);
  const row = await keep(world.store.packages, samplePackage('alpha', '1.0.0', 1_000));
  const other = { ...row, sha512: Buffer.alloc(64).toString('base64') };
  await world.remember(other, 'alpha');
  await eventually(
    async () => world.damaged.length,
    (count) => count === 1,
  );
  t.is(world.damaged[0], other);
  t.is((await world.get('alpha')).status, notMine);
});

test('what belongs to a source that was only proven to have the same bytes does not enter', async (t) => {
  const world = await start(t);
  const row = await keep(world.store.packages, samplePackage('alpha', '1.0.0', 1_000));
  await world.remember({ ...row, source: 'another' }, 'alpha');
  await world.kept('later', 1_000);
  await untilHot(world, 'later');
  t.is((await world.get('alpha')).status, notMine);
});

test('a package that is larger than a chunk of the store does not enter', async (t) => {
  const world = await start(t);
  await world.kept('large', maxHotPackageBytes + 1);
  await world.kept('largest', maxHotPackageBytes);
  await untilHot(world, 'largest');
  t.is((await world.get('large')).status, notMine);
});

test('packages never take more memory than there is room, and give back what documents take', async (t) => {
  const room = 500_000;
  const world = await start(t, room);
  const ids = Array.from({ length: 60 }, (_, i) => `package-${i}`);
  const seen: number[] = [];
  for (const id of ids) {
    await world.kept(id, 40_000);
    seen.push(world.hot.bytes);
  }
  const statuses = async () => {
    const replies = await Promise.all(ids.map((id) => world.get(id)));
    return replies.filter(({ status }) => status === 200).length;
  };
  const fitting = Math.floor(room / (40_000 + besideBody));
  t.is(await eventually(statuses, (count) => count === fitting), fitting);
  t.true(Math.max(...seen, world.hot.bytes) <= room);
  world.memory.room = 100_000;
  world.hot.makeRoom();
  t.true(world.hot.bytes <= 100_000);
  t.is(await statuses(), 2);
  world.memory.room = 0;
  world.hot.makeRoom();
  t.is(world.hot.bytes, 0);
  await world.kept('no-room', 10);
  t.is(await statuses(), 0);
});

test('who reads through more than fits still finds a part of it in memory', async (t) => {
  const world = await start(t, 20 * 41_500);
  const rows: PackageRow[] = [];
  const ids = Array.from({ length: 40 }, (_, i) => `package-${i}`);
  for (const id of ids) rows.push(await world.kept(id, 40_000));
  let found = 0;
  for (let round = 0; round < 4; round++)
    for (const [i, id] of ids.entries()) {
      if ((await world.get(id)).status === 200) found++;
      else await world.remember(rows[i] as PackageRow, id);
    }
  t.true(found > 40, `${found} of 160 were found in memory; strictly the latest used would be none`);
});
