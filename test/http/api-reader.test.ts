import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { openHouse } from '../../src/compose.js';
import { configSchema } from '../../src/config/schema.js';
import type { Reader } from '../../src/feed/reader.js';
import { apiRoutes } from '../../src/http/api/api-routes.js';
import {
  explanationSchema,
  packagesSchema,
  presenceSchema,
  problemSchema,
  sourcesSchema,
  statusSchema,
} from '../../src/http/api/schemas.js';
import { createApp } from '../../src/http/app.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { getter } from '../support/larder.js';
import { keep, samplePackage } from '../support/sample-package.js';
import { askApi } from './api-answer.js';

const url = 'http://127.0.0.1:9/v3/index.json';

/** The API as it is for one reader. */
async function apiFor(t: ExecutionContext, reader: Reader) {
  const store = new MemoryStore();
  const sample = samplePackage('Secret', '1.0.0', 10);
  await keep(store.packages, { ...sample, facts: { ...sample.facts, source: 'vault' } });
  const config = configSchema.parse({
    sources: [
      { name: 'vault', url },
      { name: 'public', url },
    ],
    feeds: [{ name: 'default' }, { name: 'open', sources: ['public'] }],
    offline: true,
  });
  const house = await openHouse(config, '0', { store, log: silentLog });
  t.teardown(() => house.close());
  const { insight } = house;
  const routes = [apiRoutes({ insight, version: '0', readerOf: () => reader })];
  const enter = createApp({ log: silentLog, traceOf: () => undefined, routes }).callback();
  const server = createServer((req, res) => void enter(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { get: getter(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`) };
}

test('who may read everything is told everything', async (t) => {
  const api = await apiFor(t, { mayRead: () => true, mayReadAll: true });
  t.is((await askApi(t, api, 'status', statusSchema)).packages, 1);
  t.is((await askApi(t, api, 'sources', sourcesSchema)).length, 2);
  t.is((await askApi(t, api, 'packages', packagesSchema)).total, 1);
  t.true((await askApi(t, api, 'explain/secret/1.0.0', explanationSchema)).served);
});

test('who may read one feed is told of that one, and a feed that is closed to them looks like none', async (t) => {
  const api = await apiFor(t, { mayRead: (feed) => feed === 'open', mayReadAll: false });
  await askApi(t, api, 'status', presenceSchema);
  t.deepEqual(
    (await askApi(t, api, 'sources', sourcesSchema)).map(({ name }) => name),
    ['public'],
  );
  t.is((await askApi(t, api, 'packages', packagesSchema)).total, 0);
  t.like(await askApi(t, api, 'explain/secret/1.0.0?feed=open', explanationSchema), { served: false, cached: false });
  for (const feed of ['default', 'nothing']) {
    const reply = await api.get(`api/explain/secret/1.0.0?feed=${feed}`);
    t.is(reply.status, 404);
    t.is(problemSchema.parse(reply.json()).detail, `there is no feed "${feed}"`);
  }
});
