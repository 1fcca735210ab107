import test from 'ava';

import { openHouse } from '../../src/compose.js';
import { configSchema } from '../../src/config/schema.js';
import type { Reader } from '../../src/feed/reader.js';
import { everyReader } from '../../src/feed/reader.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { keep, samplePackage } from '../support/sample-package.js';

const url = 'http://127.0.0.1:9/v3/index.json';

/** A reader of the feed `open` alone. */
const guest: Reader = { mayRead: (feed) => feed === 'open', mayReadAll: false };

test('who may read one feed is told of its sources and packages, and of nothing else', async (t) => {
  const store = new MemoryStore();
  for (const [id, source] of [
    ['Secret.One', 'vault'],
    ['Free.One', 'public'],
    // Kept from the public source before the vault claimed the id.
    ['Secret.Two', 'public'],
  ] as const) {
    const sample = samplePackage(id, '1.0.0', 10);
    await keep(store.packages, { ...sample, facts: { ...sample.facts, source } });
  }
  const config = configSchema.parse({
    sources: [
      { name: 'vault', url, packages: ['Secret.*'] },
      { name: 'public', url },
    ],
    feeds: [
      { name: 'default', sources: ['vault', 'public'] },
      { name: 'open', sources: ['public'] },
    ],
    offline: true,
  });
  const house = await openHouse(config, '0', { store, log: silentLog });
  t.teardown(() => house.close());
  const { insight } = house;
  const page = { q: '', skip: 0, take: 10 };
  const ids = async (reader: Reader) => {
    const { total, items } = await insight.packages(page, reader);
    return [total, items.map(({ id }) => id)];
  };
  t.deepEqual(await ids(everyReader), [3, ['Free.One', 'Secret.One', 'Secret.Two']]);
  t.deepEqual(await ids(guest), [1, ['Free.One']]);
  t.deepEqual(await ids({ mayRead: () => false, mayReadAll: false }), [0, []]);

  const names = (reader: Reader) => insight.sources(reader).map(({ name }) => name);
  t.deepEqual(names(everyReader), ['vault', 'public']);
  t.deepEqual(names(guest), ['public']);

  const question = { id: PackageId.parse('Secret.One'), version: PackageVersion.parse('1.0.0') };
  t.is(await insight.explain({ ...question, feed: 'default' }, guest), undefined);
  t.is(await insight.explain({ ...question, feed: 'none' }, guest), undefined);
  const told = await insight.explain({ ...question, feed: 'open' }, guest);
  t.like(told, { served: false, cached: false, sha512: undefined });
  t.false(JSON.stringify(told).includes('vault'));
  t.true(JSON.stringify(await insight.explain({ ...question, feed: 'open' }, everyReader)).includes('vault'));
});
