import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { reasonOf } from '../../../src/store/level/disk-reason.js';
import type { Note } from '../../../src/store/level/note.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { eventually } from '../../support/eventually.js';
import { keep, readAll, samplePackage } from '../../support/sample-package.js';
import { canMount, smallDisk } from '../../support/small-disk.js';

const mebibyte = 1024 * 1024;
const isRoot = canMount();
const onSmallDisk = isRoot ? test.serial : test.serial.skip;
const why = isRoot ? '' : ' — skipped: no disk can be mounted here';

onSmallDisk(`a full disk is told once, reads go on, and the store heals without anybody writing${why}`, async (t) => {
  const path = await smallDisk(t, 48);
  let nowMs = 0;
  const told: Note[] = [];
  const store = await openLevelStore(path, { now: () => (nowMs += 5_000), tell: (note) => told.push(note) });
  t.teardown(() => store.close());
  const before = samplePackage('Before', '1.0.0', mebibyte);
  await keep(store.packages, before);
  await writeFile(join(path, 'ballast'), randomBytes(36 * mebibyte));
  await t.throwsAsync(async () => {
    for (let n = 0; n < 20; n++) await keep(store.packages, samplePackage(`Filling${n}`, '1.0.0', mebibyte));
  });
  t.deepEqual(store.health(), { state: 'degraded', reason: 'its disk is full' });
  t.true((await readAll(store.packages, (await store.packages.find(before.facts.identity))!)).equals(before.bytes));
  await rm(join(path, 'ballast'));
  await eventually(
    async () => store.health().state,
    (state) => state === 'ok',
  );
  const after = samplePackage('After', '1.0.0', mebibyte);
  t.true((await readAll(store.packages, await keep(store.packages, after))).equals(after.bytes));
  t.deepEqual(
    told.map(({ level }) => level),
    ['error', 'info'],
  );
});

onSmallDisk(`a disk that fills up just when a generation is begun leaves no half generation${why}`, async (t) => {
  const path = await smallDisk(t, 64);
  const options = { now: Date.now, generationBytes: mebibyte, blobWriteBufferBytes: mebibyte / 4 };
  const store = await openLevelStore(path, options);
  t.teardown(() => store.close());
  const kept = [samplePackage('First', '1.0.0', 1_200_000)];
  await keep(store.packages, kept[0]!);
  await writeFile(join(path, 'ballast'), randomBytes(59 * mebibyte));
  let failures = 0;
  for (let n = 0; n < 10; n++) {
    const sample = samplePackage(`Next${n}`, '1.0.0', 700_000);
    try {
      await keep(store.packages, sample);
      kept.push(sample);
    } catch {
      failures++;
    }
  }
  t.true(failures > 0);
  t.is(store.health().state, 'degraded');
  await rm(join(path, 'ballast'));
  for (let n = 0; n < 5; n++) {
    kept.push(samplePackage(`Later${n}`, '1.0.0', 700_000));
    await keep(store.packages, kept.at(-1)!);
  }
  t.deepEqual(store.health(), { state: 'ok' });
  await store.close();
  const again = await openLevelStore(path, options);
  t.teardown(() => again.close());
  for (const { facts, bytes } of kept)
    t.true((await readAll(again.packages, (await again.packages.find(facts.identity))!)).equals(bytes));
});

test('the reason why the disk refuses is told in words, without paths', (t) => {
  const io = (text: string) =>
    Object.assign(new Error(`IO error: /secret/place/000012.log: ${text}`), { code: 'LEVEL_IO_ERROR' });
  const expected = {
    'No space left on device': 'its disk is full',
    'Read-only file system': 'its file system is read-only',
    'Input/output error': 'its disk reports input/output errors',
    'Too many open files': 'this process has too many files open',
    'Permission denied': 'this user may not write there',
    'Something new': 'its disk refuses',
  };
  for (const [text, reason] of Object.entries(expected)) {
    t.is(reasonOf(io(text)), reason);
    t.is(reasonOf(new Error('outer', { cause: io(text) })), reason);
  }
});
