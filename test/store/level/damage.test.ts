import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { Level } from 'level';
import { DamagedBlobError } from '../../../src/feed/store.js';
import { chunkKey } from '../../../src/store/keys.js';
import type { Location } from '../../../src/store/level/package-record.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { SharedChunks } from '../../../src/store/level/shared-chunks.js';
import { withBlobs } from '../../support/level-files.js';
import { collect, keep, readAll, samplePackage } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const chunk = 256 * 1024;

async function damaged(t: ExecutionContext, damage: (blobs: Level<Buffer, Buffer>) => Promise<void>): Promise<void> {
  const path = await temporaryDirectory(t);
  const sample = samplePackage('Damaged', '1.0.0', 3 * chunk + 10);
  const before = await openLevelStore(path, { now: Date.now });
  await keep(before.packages, sample);
  await before.close();
  await withBlobs(path, damage);

  const { packages, close } = await openLevelStore(path, { now: Date.now }).then((store) => {
    t.teardown(() => store.close());
    return { packages: store.packages, close: () => store.close() };
  });
  const row = await packages.find(sample.facts.identity);
  const content = await packages.open(row!);
  t.true((await content.read(0, chunk)).equals(sample.bytes.subarray(0, chunk)));
  await t.throwsAsync(() => content.read(chunk - 1, 2), { instanceOf: DamagedBlobError });
  await t.throwsAsync(() => collect(content.stream()), { instanceOf: DamagedBlobError });
  t.true((await content.read(2 * chunk, chunk + 10)).equals(sample.bytes.subarray(2 * chunk)));

  t.true(await packages.remove(sample.facts.identity));
  t.true((await readAll(packages, await keep(packages, sample))).equals(sample.bytes), 'it can be fetched anew');
  await close();
}

test('a missing chunk is damage', (t) => damaged(t, (blobs) => blobs.del(chunkKey(1))));

test('a shortened chunk is damage', (t) =>
  damaged(t, async (blobs) => blobs.put(chunkKey(1), (await blobs.get(chunkKey(1))).subarray(0, 1000))));

test('an emptied chunk is damage', (t) => damaged(t, (blobs) => blobs.put(chunkKey(1), Buffer.alloc(0))));

test('one altered bit is damage', (t) =>
  damaged(t, async (blobs) => {
    const stored = await blobs.get(chunkKey(1));
    stored[12_345]! ^= 1;
    await blobs.put(chunkKey(1), stored);
  }));

test('a sound chunk in the wrong place is damage when its length is wrong', (t) =>
  damaged(t, async (blobs) => blobs.put(chunkKey(1), await blobs.get(chunkKey(3)))));

test('a package in a part of the store that is not here is damage', async (t) => {
  const path = await temporaryDirectory(t);
  const store = await openLevelStore(path, { now: Date.now });
  t.teardown(() => store.close());
  const row = await keep(store.packages, samplePackage('Elsewhere', '1.0.0', 10));
  const { record, chunkBytes } = row.location as Location;
  // A counter that no generation has.
  const elsewhere = { ...row, location: { record, chunkBytes, runs: [-1, 1] } };
  const content = await store.packages.open(elsewhere);
  await t.throwsAsync(() => collect(content.stream()), { name: 'DamagedBlobError' });
});

test('corruption that LevelDB itself meets is damage; an error of the disk is none', async (t) => {
  const failing = (code: string) =>
    new SharedChunks(chunk, () => Promise.reject(Object.assign(new Error('bad entry in block'), { code })));
  await t.throwsAsync(failing('LEVEL_CORRUPTION').load(7), { instanceOf: DamagedBlobError, message: /chunk 7/ });
  await t.throwsAsync(failing('LEVEL_IO_ERROR').load(7), { code: 'LEVEL_IO_ERROR' });
});
