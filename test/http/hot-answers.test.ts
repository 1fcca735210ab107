import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { Store } from '../../src/feed/store.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { eventually } from '../support/eventually.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const nupkg = (mount = '') => `${mount}v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg`;
const identity = PackageIdentity.parse('Alpha', '1.0.0');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function start(t: ExecutionContext, store: Store, config: Readonly<Record<string, unknown>> = {}) {
  const source = await startScriptedSource({
    packages: [
      { id: 'Alpha', version: '1.0.0', fillerBytes: 50_000 },
      { id: 'Slow', version: '1.0.0' },
    ],
  });
  const empty = await startScriptedSource({ packages: [{ id: 'Slow', version: '1.0.0' }] });
  t.teardown(() => Promise.all([source.close(), empty.close()]));
  const larder = await startLarder(t, { sources: { origin: source, empty }, store, config });
  return { source, larder };
}

const stores = [
  ['in memory', async () => new MemoryStore()],
  ['on disk', async (t: ExecutionContext) => openLevelStore(await temporaryDirectory(t), { now: Date.now })],
] as const;

for (const [kept, open] of stores)
  test(`a small package kept ${kept} is answered while the application takes nobody in, and fetched anew when it was purged`, async (t) => {
    const store = await open(t);
    const { source, larder } = await start(t, store, {
      limits: { maxRequests: 1 },
      feeds: [{ name: 'default', sources: ['origin'] }],
    });
    const { bytes } = source.package('Alpha', '1.0.0');
    const first = await larder.get(nupkg());
    t.is(first.headers['x-cache'], 'MISS');
    const cold = await larder.get(nupkg());
    t.is(cold.headers['x-cache'], 'HIT');
    const hot = await eventually(
      async () => {
        source.fault('/slow/', 'hang', { times: 1 });
        const before = source.count('/slow/');
        const slow = larder.get('v3/flat/slow/1.0.0/slow.1.0.0.nupkg');
        await eventually(
          async () => source.count('/slow/'),
          (asked) => asked > before,
        );
        const [whole, part] = await Promise.all([larder.get(nupkg()), larder.get(nupkg(), { range: 'bytes=0-9' })]);
        await slow;
        return { whole, part };
      },
      ({ whole, part }) => whole.status === 200 && part.status === 503,
    );
    t.true(hot.whole.body.equals(bytes));
    const { date: _, ...headers } = hot.whole.headers;
    const { date: __, ...coldHeaders } = cold.headers;
    t.deepEqual(headers, coldHeaders, 'the same answer as out of the store');
    const part = await eventually(
      () => larder.get(nupkg(), { range: 'bytes=5-14' }),
      ({ status }) => status !== 503,
    );
    t.is(part.status, 206);
    t.true(part.body.equals(bytes.subarray(5, 15)));

    await store.packages.purge(identity);
    t.is((await larder.get(nupkg())).headers['x-cache'], 'MISS');
  });

test('a package in memory for one feed is nothing to another feed, nor to who may not read the first', async (t) => {
  const { larder } = await start(t, new MemoryStore(), {
    feeds: [
      { name: 'team', sources: ['origin'] },
      { name: 'other', sources: ['empty'] },
    ],
    access: {
      anonymousRead: false,
      keys: [
        { name: 'team', key: 'key-of-the-team-alone', feeds: ['team'] },
        { name: 'other', key: 'key-of-the-others-alone', feeds: ['other'] },
      ],
    },
  });
  const team = bearer('key-of-the-team-alone');
  const other = bearer('key-of-the-others-alone');
  for (let asked = 0; asked < 4; asked++) {
    const reply = await larder.get(nupkg('feeds/team/'), team);
    t.is(reply.status, 200);
    t.is(reply.headers['cache-control'], 'private, max-age=31536000, immutable');
    t.is(reply.headers['vary'], 'Authorization, X-NuGet-ApiKey');
    t.is((await larder.get(nupkg('feeds/team/'))).status, 401);
    t.is((await larder.get(nupkg('feeds/team/'), other)).status, 403);
    t.is((await larder.get(nupkg('feeds/other/'), other)).status, 404);
    t.is(
      (await larder.get(nupkg('feeds/team/'), { ...team, 'if-none-match': String(reply.headers['etag'] ?? '"x"') }))
        .status,
      asked === 0 ? 200 : 304,
    );
  }
});
