import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { Store } from '../../../src/feed/store.js';
import { checkpointKey, doomedKey, layoutKey, packageKey } from '../../../src/store/keys.js';
import type { Note } from '../../../src/store/level/note.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { eventually } from '../../support/eventually.js';
import { withBlobs, withMeta } from '../../support/level-files.js';
import { keep, listKeys, readAll, samplePackage } from '../../support/sample-package.js';
import type { SamplePackage } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const mebibyte = 1024 * 1024;

async function open(path: string, told: Note[] = [], generationBytes = mebibyte): Promise<Store> {
  return openLevelStore(path, { now: Date.now, generationBytes, tell: (note) => told.push(note) });
}

const samples = (prefix: string, count: number, size = 300_000): SamplePackage[] =>
  Array.from({ length: count }, (_, n) => samplePackage(`${prefix}.P${n}`, '1.0.0', size));

async function storeWith(t: ExecutionContext, all: readonly SamplePackage[]): Promise<string> {
  const path = await temporaryDirectory(t);
  const store = await open(path);
  for (const sample of all) await keep(store.packages, sample);
  await store.close();
  return path;
}

/** Exactly these packages are kept, whole. */
async function assertHolds(t: ExecutionContext, store: Store, all: readonly SamplePackage[]): Promise<void> {
  t.deepEqual(await listKeys(store.packages), all.map(({ facts }) => facts.identity.key).sort());
  for (const { facts, bytes } of all)
    t.true((await readAll(store.packages, (await store.packages.find(facts.identity))!)).equals(bytes));
}

const generationsIn = async (path: string): Promise<string[]> =>
  (await readdir(join(path, 'blobs'))).filter((name) => /^g\d+$/.test(name)).sort();

test('a generation that nothing is appended to any more holds no memory for that', async (t) => {
  const path = await temporaryDirectory(t);
  // As much in a log as LevelDB would keep in memory without being told.
  const store = await openLevelStore(path, {
    now: Date.now,
    generationBytes: mebibyte,
    blobWriteBufferBytes: 16 * mebibyte,
  });
  t.teardown(() => store.close());
  for (const sample of samples('Kept', 8)) await keep(store.packages, sample);
  const closedOff = (await generationsIn(path)).slice(0, -1);
  t.true(closedOff.length >= 2);
  const logBytes = async () => {
    let bytes = 0;
    for (const name of closedOff)
      for (const file of await readdir(join(path, 'blobs', name)))
        if (file.endsWith('.log')) bytes += (await stat(join(path, 'blobs', name, file))).size;
    return bytes;
  };
  t.is(await eventually(logBytes, (bytes) => bytes === 0), 0);
});

test('a lost index is rebuilt from all generations, without what was removed, purged or moved', async (t) => {
  const all = samples('Kept', 20);
  const path = await storeWith(t, all);
  t.true((await generationsIn(path)).length > 3);
  const store = await open(path);
  await store.packages.remove(all[0]!.facts.identity);
  await store.packages.purge(all[7]!.facts.identity);
  for (const { facts } of all.slice(1, 5)) await store.packages.remove(facts.identity);
  // Writes what lives in the emptied generations again, and with them what the log says of removals.
  t.true((await store.gc()).generations > 0);
  await store.close();
  await rm(join(path, 'meta'), { recursive: true });
  const rebuilt = await open(path);
  t.teardown(() => rebuilt.close());
  await assertHolds(t, rebuilt, [...all.slice(5, 7), ...all.slice(8)]);
  t.is((await rebuilt.stats()).versions, 14);
});

test('removals outlive the generation in which they were told, as long as what they removed', async (t) => {
  const [early] = samples('Early', 1, 100_000);
  const rest = samples('Rest', 9);
  const path = await storeWith(t, [early!, ...rest.slice(0, 3)]);
  let store = await open(path);
  for (const sample of rest.slice(3)) await keep(store.packages, sample);
  await store.packages.remove(early!.facts.identity);
  for (const { facts } of rest.slice(5)) await store.packages.remove(facts.identity);
  t.true((await store.gc()).generations > 0);
  await store.close();
  t.true((await generationsIn(path)).includes('g1'), 'the generation with the removed record is still there');
  await rm(join(path, 'meta'), { recursive: true });
  store = await open(path);
  t.teardown(() => store.close());
  await assertHolds(t, store, rest.slice(0, 5));
});

test('what is left of a dropped generation is removed at the next start', async (t) => {
  const all = samples('Kept', 8);
  const path = await storeWith(t, all);
  await mkdir(join(path, 'blobs', 'dropped-g77'));
  await writeFile(join(path, 'blobs', 'dropped-g77', '000001.ldb'), 'x'.repeat(1000));
  const store = await open(path);
  t.teardown(() => store.close());
  t.false((await readdir(join(path, 'blobs'))).includes('dropped-g77'));
  await assertHolds(t, store, all);
});

test('packages in a generation that is not there are not kept, and stay pinned', async (t) => {
  const all = samples('Kept', 12);
  const path = await storeWith(t, all);
  await rm(join(path, 'blobs', 'g2'), { recursive: true });
  const told: Note[] = [];
  const store = await open(path, told);
  t.teardown(() => store.close());
  const kept = new Set(await listKeys(store.packages));
  const { pins, versions } = await store.stats();
  t.true(pins > 0 && versions === kept.size && pins + versions === all.length);
  for (const sample of all) {
    const { identity, sha512 } = sample.facts;
    t.is((await store.packages.pinOf(identity))?.sha512, sha512);
    if (!kept.has(identity.key)) await keep(store.packages, sample);
  }
  t.true(told.some(({ level, text }) => level === 'warn' && text.startsWith(`${pins} packages are not in the store`)));
  await assertHolds(t, store, all);
});

for (const [how, damage] of [
  ['CURRENT names nothing', (path: string) => writeFile(join(path, 'CURRENT'), 'nonsense\n')],
  ['the manifest is garbage', (path: string) => garble(path, /^MANIFEST/)],
] as const) {
  test(`a damaged index (${how}) is set aside and rebuilt from the packages`, async (t) => {
    const all = samples('Kept', 8);
    const path = await storeWith(t, all);
    await damage(join(path, 'meta'));
    const told: Note[] = [];
    const store = await open(path, told);
    t.teardown(() => store.close());
    await assertHolds(t, store, all);
    t.is(told.length, 1);
    t.regex(
      told[0]?.text ?? '',
      /^meta in the store was damaged and is set aside as meta\.damaged-\d+: the index is rebuilt/,
    );
    t.is((await readdir(path)).filter((name) => name.startsWith('meta.damaged-')).length, 1);
  });

  test(`a damaged generation (${how}) is set aside, and the rest of the store serves on`, async (t) => {
    const all = samples('Kept', 12);
    const path = await storeWith(t, all);
    await damage(join(path, 'blobs', 'g2'));
    const told: Note[] = [];
    const store = await open(path, told);
    t.teardown(() => store.close());
    const kept = new Set(await listKeys(store.packages));
    t.true(kept.size >= 4 && kept.size < 12);
    await Promise.all(
      all.filter(({ facts }) => !kept.has(facts.identity.key)).map((sample) => keep(store.packages, sample)),
    );
    await assertHolds(t, store, all);
    t.true(
      told.some(({ text }) => /^blobs\/g2 in the store was damaged and is set aside as blobs\/g2\.damaged-/.test(text)),
    );
  });
}

test('an index whose tables cannot be read is set aside too', async (t) => {
  const all = samples('Kept', 8);
  const path = await storeWith(t, all);
  await (await open(path)).close();
  await garble(join(path, 'meta'), /\.ldb$/);
  const told: Note[] = [];
  const store = await open(path, told);
  t.teardown(() => store.close());
  await assertHolds(t, store, all);
  t.regex(told[0]?.text ?? '', /^meta in the store was damaged/);
});

async function garble(path: string, names: RegExp): Promise<void> {
  for (const name of await readdir(path))
    if (names.test(name)) await writeFile(join(path, name), 'garbage'.repeat(100));
}

test('a store of the first layout opens as it is: one generation, and what was forgotten stays forgotten', async (t) => {
  const all = samples('Old', 5);
  const path = await temporaryDirectory(t);
  const before = await open(path, [], 1024 * mebibyte);
  for (const sample of all) await keep(before.packages, sample);
  await before.close();
  await withMeta(path, async (meta) => {
    const [doomed] = all;
    for await (const key of meta.keys()) if (key.startsWith('holds/')) await meta.del(key);
    for (const { facts } of all) {
      const row = JSON.parse((await meta.get(packageKey(facts.identity))).toString()) as {
        layout: number;
        location: { generation?: number; record: number };
      };
      const old = Buffer.from(JSON.stringify({ ...row, layout: 1, location: { ...row.location, generation: 1 } }));
      await meta.put(packageKey(facts.identity), old);
      if (facts === doomed?.facts) {
        await meta.put(doomedKey(row.location.record), old);
        await meta.del(packageKey(facts.identity));
      }
    }
    await meta.put(layoutKey, Buffer.from('1'));
  });
  const store = await open(path);
  await assertHolds(t, store, all.slice(1));
  for (const sample of samples('New', 5)) await keep(store.packages, sample);
  t.true((await store.stats()).generations > 1);
  await store.close();
  t.is((await withMeta(path, (meta) => meta.get(layoutKey))).toString(), '2');
  await rm(join(path, 'meta'), { recursive: true });
  const rebuilt = await open(path);
  t.teardown(() => rebuilt.close());
  t.false((await listKeys(rebuilt.packages)).includes('old.p0/1.0.0'));
  t.is((await listKeys(rebuilt.packages)).length, 9);
});

test('a move that became durable while the index did not learn of it leaves one package', async (t) => {
  const all = samples('Moved', 10);
  const path = await storeWith(t, all);
  const older = `${path}-older`;
  await cp(join(path, 'meta'), older, { recursive: true });
  t.teardown(() => rm(older, { recursive: true }));
  const store = await open(path);
  for (const { facts } of all.slice(1, 4)) await store.packages.remove(facts.identity);
  t.true((await store.gc()).moved > 0);
  await store.close();
  // The index as it was before, as a loss of power leaves it: the generation is gone, the new copy is in the log.
  await rm(join(path, 'meta'), { recursive: true });
  await cp(older, join(path, 'meta'), { recursive: true });
  const again = await open(path);
  t.teardown(() => again.close());
  await assertHolds(t, again, [all[0]!, ...all.slice(4)]);
});

test('an empty generation at the end, as a crash leaves it, is gone on with', async (t) => {
  const all = samples('Kept', 2);
  const path = await storeWith(t, all);
  await withBlobs(path, async () => undefined, 7);
  await withMeta(path, (meta) => meta.put(checkpointKey, Buffer.from('0')));
  const store = await open(path);
  t.teardown(() => store.close());
  await assertHolds(t, store, all);
  const more = samples('More', 6);
  for (const sample of more) await keep(store.packages, sample);
  await assertHolds(t, store, [...all, ...more]);
  t.true((await generationsIn(path)).includes('g8'));
});
