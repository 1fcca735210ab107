import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { Store } from '../../../src/feed/store.js';
import {
  checkpointKey,
  chunkKey,
  packageKey,
  readBlobKey,
  reservedKey,
  unfinishedKey,
} from '../../../src/store/keys.js';
import { decodeHeader } from '../../../src/store/level/fact-header.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { directoryBytes } from '../../../src/store/level/store-directory.js';
import { withBlobs, withMeta } from '../../support/level-files.js';
import { keep, listKeys, readAll, samplePackage } from '../../support/sample-package.js';
import type { SamplePackage } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const open = (path: string): Promise<Store> => openLevelStore(path, { now: Date.now });

/** A closed store that holds `samples`. */
async function storeWith(t: ExecutionContext, samples: readonly SamplePackage[]): Promise<string> {
  const path = await temporaryDirectory(t);
  const store = await open(path);
  for (const sample of samples) await keep(store.packages, sample);
  await store.close();
  return path;
}

async function assertHolds(t: ExecutionContext, path: string, samples: readonly SamplePackage[]): Promise<void> {
  const store = await open(path);
  try {
    const expected = samples.map((sample) => sample.facts.identity.key).sort();
    t.deepEqual(await listKeys(store.packages), expected);
    t.is((await store.stats()).versions, samples.length);
    for (const sample of samples) {
      const row = await store.packages.find(sample.facts.identity);
      t.is(row?.sha512, sample.facts.sha512);
      t.true((await readAll(store.packages, row!)).equals(sample.bytes));
    }
  } finally {
    await store.close();
  }
}

test('a package whose record is durable and whose row is not is found again', async (t) => {
  const samples = [samplePackage('Old', '1.0.0', 300_000), samplePackage('New', '1.0.0', 700_000)];
  const path = await storeWith(t, samples);
  await withMeta(path, async (meta) => {
    await meta.del(packageKey(samples[1]!.facts.identity));
    await meta.put(checkpointKey, Buffer.from('3'));
  });
  await assertHolds(t, path, samples);
});

test("chunks without a record are nobody's, and their space is freed with their generation", async (t) => {
  const sample = samplePackage('Kept', '1.0.0', 600_000);
  const path = await storeWith(t, [sample]);
  await withBlobs(path, async (blobs) => {
    for (let n = 100; n < 108; n++) await blobs.put(chunkKey(n), randomBytes(250_000));
  });
  await assertHolds(t, path, [sample]);
  const store = await open(path);
  t.true((await store.stats()).deadBytes > 2_000_000);
  const { freedBytes, moved, evicted } = await store.gc();
  t.true(freedBytes > 2_000_000);
  t.deepEqual([moved, evicted], [1, 0]);
  await store.close();
  await assertHolds(t, path, [sample]);
  t.true((await directoryBytes(path)) < 1_000_000);
});

test('a lost index is rebuilt from the records', async (t) => {
  const samples = Array.from({ length: 20 }, (_, n) => samplePackage(`Lost.${n % 7}`, `1.${n}.0-Beta`, n * 60_000));
  const path = await storeWith(t, samples);
  await rm(join(path, 'meta'), { recursive: true });
  await assertHolds(t, path, samples);
  const store = await open(path);
  t.teardown(() => store.close());
  const row = await store.packages.find(samples[3]!.facts.identity);
  const { identity, ...facts } = samples[3]!.facts;
  t.like(row, facts);
  t.is(row?.identity.version.text, identity.version.text);
});

test('a rebuilt index does not bring back what was removed', async (t) => {
  const samples = [samplePackage('Stays', '1.0.0', 300_000), samplePackage('Gone', '1.0.0', 300_000)];
  const path = await storeWith(t, samples);
  const store = await open(path);
  await store.packages.remove(samples[1]!.facts.identity);
  await store.close();
  await rm(join(path, 'meta'), { recursive: true });
  await assertHolds(t, path, [samples[0]!]);
});

test('a record whose chunk did not reach the disk is no package', async (t) => {
  const samples = [samplePackage('Whole', '1.0.0', 300_000), samplePackage('Torn', '1.0.0', 700_000)];
  const path = await storeWith(t, samples);
  await withBlobs(path, (blobs) => blobs.del(chunkKey(4)));
  await withMeta(path, (meta) => meta.put(checkpointKey, Buffer.from('3')));
  await assertHolds(t, path, [samples[0]!]);
});

test('a package that lies on both sides of the checkpoint stays', async (t) => {
  const path = await temporaryDirectory(t);
  const [early, late] = [samplePackage('Early', '1.0.0', 600_000), samplePackage('Late', '1.0.0', 600_000)];
  const store = await open(path);
  const [first, second] = [store.packages.begin(), store.packages.begin()];
  await first.append(early.bytes);
  await second.append(late.bytes);
  await first.commit(early.facts);
  await second.commit(late.facts);
  await store.close();
  // What a crash between the two commits leaves: the second package began at counter 2.
  await withMeta(path, (meta) => meta.put(checkpointKey, Buffer.from('2')));
  await assertHolds(t, path, [early, late]);
});

test('no counter is used twice, whatever was swept and whichever of the two databases is left', async (t) => {
  const path = await storeWith(t, [samplePackage('First', '1.0.0', 10)]);
  await withBlobs(path, (blobs) => blobs.put(chunkKey(5_000), Buffer.from('orphan')));
  const lastCounter = async (): Promise<number> =>
    withBlobs(path, async (blobs) => readBlobKey((await blobs.keys({ reverse: true, limit: 1 }).all())[0]!).counter);
  await assertHolds(t, path, await addTo(path, 'Second'));
  const second = await lastCounter();
  t.true(second > 5_000);
  await rm(join(path, 'meta'), { recursive: true });
  await addTo(path, 'Third');
  const third = await lastCounter();
  t.true(third > second);
  await withMeta(path, (meta) => meta.put(reservedKey, Buffer.from('20000')));
  await addTo(path, 'Fourth');
  t.true((await lastCounter()) >= 20_000);

  async function addTo(where: string, id: string): Promise<SamplePackage[]> {
    const store = await open(where);
    const rows: SamplePackage[] = [];
    const added = samplePackage(id, '1.0.0', 10);
    await keep(store.packages, added);
    for await (const row of store.packages.list()) rows.push({ facts: row, bytes: await readAll(store.packages, row) });
    await store.close();
    return rows;
  }
});

test('parts of a fact whose header never came are swept', async (t) => {
  const path = await temporaryDirectory(t);
  const key = { source: 'nuget.org', kind: 'registration', name: 'large' } as const;
  const before = await open(path);
  await before.facts.write(key, {
    state: 'found',
    checkedAtMs: 1,
    validators: {},
    head: {},
    parts: Array.from({ length: 10 }, () => Buffer.alloc(300_000)),
  });
  await before.close();
  const headerKey = `fact/${key.source}/${key.kind}/${key.name}`;
  await withMeta(path, async (meta) => {
    const header = decodeHeader(await meta.get(headerKey));
    await meta.put(unfinishedKey(key), Buffer.from(JSON.stringify(header)));
    await meta.del(headerKey);
  });
  const store = await open(path);
  t.is(await store.facts.read(key), undefined);
  await store.close();
  const left = await withMeta(path, (meta) => meta.keys().all());
  t.deepEqual(
    left.filter((each) => each.includes('large')),
    [],
  );
});
