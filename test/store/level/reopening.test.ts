import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { directoryBytes } from '../../../src/store/level/store-directory.js';
import { keep, listKeys, readAll, samplePackage } from '../../support/sample-package.js';
import { withMeta } from '../../support/level-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const open = (path: string) => openLevelStore(path, { now: Date.now });

test('a reopened store has every package, fact and count', async (t) => {
  const path = await temporaryDirectory(t);
  const samples = [
    samplePackage('One', '1.0.0', 700_000),
    samplePackage('One', '2.0.0', 10),
    samplePackage('Two', '1.0', 0),
  ];
  const first = await open(path);
  for (const sample of samples) await keep(first.packages, sample);
  const key = { source: 'nuget.org', kind: 'versions', name: 'one' } as const;
  const written = await first.facts.write(key, {
    state: 'found',
    checkedAtMs: 1,
    validators: { etag: '"x"' },
    head: { count: 1 },
    parts: [Buffer.from('body')],
  });
  const before = await first.stats();
  await first.close();

  const second = await open(path);
  t.teardown(() => second.close());
  for (const sample of samples) {
    const row = await second.packages.find(sample.facts.identity);
    t.is(row?.sha512, sample.facts.sha512);
    t.true((await readAll(second.packages, row!)).equals(sample.bytes));
  }
  t.deepEqual(await second.facts.read(key), written);
  t.is((await second.facts.readPart(written, 0))?.toString(), 'body');
  const { diskBytes: _, deadBytes: __, ...counts } = before;
  t.like(await second.stats(), counts);
});

test('bytes on disk are told, at least those of the packages', async (t) => {
  const store = await open(await temporaryDirectory(t));
  t.teardown(() => store.close());
  await keep(store.packages, samplePackage('Disk', '1.0.0', 3_000_000));
  t.true((await store.stats()).diskBytes >= 3_000_000);
});

test('bytes on disk are measured anew only after some seconds', async (t) => {
  let nowMs = 0;
  const store = await openLevelStore(await temporaryDirectory(t), { now: () => nowMs });
  t.teardown(() => store.close());
  const { diskBytes } = await store.stats();
  await keep(store.packages, samplePackage('Later', '1.0.0', 3_000_000));
  t.is((await store.stats()).diskBytes, diskBytes);
  nowMs = 5_000;
  t.true((await store.stats()).diskBytes >= diskBytes + 3_000_000);
});

test('closing finishes commits and fact writes that were begun, and gives up packages still arriving', async (t) => {
  const path = await temporaryDirectory(t);
  const first = await open(path);
  const half = first.packages.begin();
  await half.append(Buffer.alloc(1_000_000));
  const committing = keep(first.packages, samplePackage('Begun', '1.0.0', 100));
  const key = { source: 's', kind: 'versions', name: 'begun' } as const;
  const writing = first.facts.write(key, { state: 'missing', checkedAtMs: 1, validators: {}, head: 0, parts: [] });
  await Promise.resolve();
  const outcome = await Promise.allSettled([committing, writing, first.close()]);
  t.is(outcome[2].status, 'fulfilled');
  await t.throwsAsync(() => half.append(Buffer.alloc(1)), { message: /given up|closed/ });
  t.throws(() => first.packages.begin(), { message: /closed/ });
  await t.throwsAsync(
    () => first.facts.write(key, { state: 'missing', checkedAtMs: 2, validators: {}, head: 0, parts: [] }),
    {
      message: /closed/,
    },
  );
  await t.throwsAsync(() => first.facts.read(key), { message: /closed/ });
  const { identity } = samplePackage('Begun', '1.0.0', 0).facts;
  await t.throwsAsync(() => first.packages.find(identity), { message: /closed/ });

  const second = await open(path);
  t.is(
    (await second.packages.find(samplePackage('Begun', '1.0.0', 0).facts.identity)) !== undefined,
    outcome[0].status === 'fulfilled',
  );
  t.is((await second.facts.read(key)) !== undefined, outcome[1].status === 'fulfilled');
  await second.close();
});

test('who reads a package that is removed reads it to its end, and its space comes back with the next cleaning', async (t) => {
  const path = await temporaryDirectory(t);
  const store = await open(path);
  t.teardown(() => store.close());
  const sample = samplePackage('Read.While.Removed', '1.0.0', 1_500_000);
  const content = await store.packages.open(await keep(store.packages, sample));
  const [left, stays] = [content.stream(), content.stream()].map((pieces) => pieces[Symbol.asyncIterator]());
  const pieces = [(await stays!.next()).value as Buffer];
  await left!.next();
  t.true(await store.packages.remove(sample.facts.identity));
  await left!.return?.();
  const cleaning = store.gc();
  for (;;) {
    const next = await stays!.next();
    if (next.done === true) break;
    pieces.push(next.value);
  }
  t.true(Buffer.concat(pieces).equals(sample.bytes));
  t.like(await cleaning, { generations: 1, moved: 0, evicted: 0 });
  t.deepEqual(await listKeys(store.packages), []);
  t.true((await directoryBytes(path)) < 100_000);
});

test('the directory is tagged as a cache, and names its owner only while it is open', async (t) => {
  const path = await temporaryDirectory(t);
  const store = await openLevelStore(path, { now: () => 0, owner: { url: 'http://127.0.0.1:6848' } });
  t.regex(await readFile(join(path, 'CACHEDIR.TAG'), 'utf8'), /^Signature: 8a477f597d28d172789f06886806bc55\n/);
  const owner = JSON.parse(await readFile(join(path, 'owner.json'), 'utf8')) as unknown;
  t.like(owner, { pid: process.pid, startedAt: '1970-01-01T00:00:00.000Z', url: 'http://127.0.0.1:6848' });
  await store.close();
  await t.throwsAsync(() => stat(join(path, 'owner.json')), { code: 'ENOENT' });
});

test('a store of a newer layout is refused and left alone', async (t) => {
  const path = await temporaryDirectory(t);
  await (await open(path)).close();
  await withMeta(path, (meta) => meta.put('!layout', Buffer.from('99')));
  const error = await t.throwsAsync(() => open(path), { name: 'StoreLayoutError' });
  t.true(error?.message.includes(path));
  t.regex(error.message, /layout 99.*newer version.*empty directory/s);
  t.is((await withMeta(path, (meta) => meta.get('!layout'))).toString(), '99');
  await withMeta(path, (meta) => meta.put('!layout', Buffer.from('1')));
  await (await open(path)).close();
});
