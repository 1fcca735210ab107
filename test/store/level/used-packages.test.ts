import { join } from 'node:path';
import test from 'ava';
import { usedKey } from '../../../src/store/keys.js';
import { Database } from '../../../src/store/level/database.js';
import { Generation } from '../../../src/store/level/generation.js';
import { Generations } from '../../../src/store/level/generations.js';
import { UsedPackages } from '../../../src/store/level/used-packages.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const options = { compression: true, writeBufferBytes: 65_536, maxFileBytes: 2 ** 21, cacheBytes: 0 };

test('marks are told by generation, the latest used first, and outlive a restart', async (t) => {
  const meta = await Database.open<string>(await temporaryDirectory(t), 'utf8', options);
  t.teardown(() => meta.close());
  const directory = await temporaryDirectory(t);
  const all = await Promise.all(
    [1, 2].map(async (number) => {
      const path = join(directory, `g${number}`);
      const database = await Database.open<Buffer>(path, 'buffer', options);
      return new Generation({ number, path, database, first: number * 100, end: number * 100 + 100, bytes: 0 });
    }),
  );
  t.teardown(() => Promise.all(all.map((generation) => generation.close())));
  const generations = new Generations(all);
  const [older, newer] = all as [Generation, Generation];
  const used = new UsedPackages(generations);
  for (const record of [101, 201, 102, 103, 202, 101]) used.mark(record, 10);
  used.mark(999, 10);
  used.unmark(102);
  t.deepEqual([...used.latest(older, 100)], [101, 103]);
  t.deepEqual([...used.latest(older, 19)], [101], 'no more than their bytes');
  t.deepEqual([...used.latest(newer, 100)], [202, 201]);
  t.deepEqual(
    [101, 102, 999].map((record) => used.has(record)),
    [true, false, false],
  );
  await used.save(meta);

  const again = new UsedPackages(generations);
  await again.load(meta);
  t.deepEqual([...again.latest(older, 100)], [101, 103]);
  t.true(again.has(202));
  await generations.discard(older);
  again.unmark(201);
  await again.save(meta);
  const without = new UsedPackages(generations);
  await without.load(meta);
  t.false(without.has(101));
  t.true(without.has(202));
  t.is(await meta.get(usedKey(1)), undefined, 'what is said of a generation goes with it');
});
