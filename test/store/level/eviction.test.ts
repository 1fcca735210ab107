import test from 'ava';
import type { ExecutionContext } from 'ava';
import { MovedBlobError, StoreFullError } from '../../../src/feed/store.js';
import type { PackageRow, Store } from '../../../src/feed/store.js';
import { chunkKey } from '../../../src/store/keys.js';
import type { Note } from '../../../src/store/level/note.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import type { LevelStoreOptions } from '../../../src/store/level/open-level-store.js';
import { directoryBytes } from '../../../src/store/level/store-directory.js';
import { eventually } from '../../support/eventually.js';
import { withBlobs } from '../../support/level-files.js';
import { collect, keep, listKeys, readAll, samplePackage } from '../../support/sample-package.js';
import type { SamplePackage } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const mebibyte = 1024 * 1024;
const maxBytes = 16 * mebibyte;
const yes = async () => true;

interface Opened {
  readonly store: Store;
  readonly path: string;
  readonly told: Note[];
}

async function open(t: ExecutionContext, options: Partial<LevelStoreOptions> = {}, at?: string): Promise<Opened> {
  const path = at ?? (await temporaryDirectory(t));
  const told: Note[] = [];
  const store = await openLevelStore(path, {
    now: Date.now,
    maxBytes,
    generationBytes: mebibyte,
    chunkCacheBytes: 1,
    tell: (note) => told.push(note),
    ...options,
  });
  t.teardown(() => store.close());
  return { store, path, told };
}

const samples = (prefix: string, count: number, size = 300_000): SamplePackage[] =>
  Array.from({ length: count }, (_, n) => samplePackage(`${prefix}.P${n}`, '1.0.0', size));

async function keepAll(store: Store, all: readonly SamplePackage[]): Promise<void> {
  for (const sample of all) await keep(store.packages, sample);
}

async function whole(t: ExecutionContext, store: Store, sample: SamplePackage): Promise<void> {
  const row = await store.packages.find(sample.facts.identity);
  t.truthy(row, `${sample.facts.identity.key} is gone`);
  t.true((await readAll(store.packages, row!)).equals(sample.bytes), sample.facts.identity.key);
}

test('trap 30: packages that no source can give back survive, however much comes after them', async (t) => {
  const { store } = await open(t);
  const precious = samples('Precious', 8);
  store.evictWhere(async ({ identity }: PackageRow) => !identity.id.key.startsWith('precious'));
  await keepAll(store, precious);
  await keepAll(store, samples('Usual', 150));
  for (const sample of precious) await whole(t, store, sample);
  const { retainedBytes, pins, versions } = await store.stats();
  t.is(retainedBytes, 8 * 300_000);
  t.true(pins > 50);
  t.is(pins + versions, 158);
});

test('what is used stays, what is not goes first', async (t) => {
  const { store } = await open(t);
  store.evictWhere(yes);
  const liked = samples('Liked', 6);
  for (const [n, sample] of liked.entries()) await keepAll(store, [sample, ...samples(`Between${n}`, 4)]);
  for (let round = 0; round < 12; round++) {
    await keepAll(store, samples(`Round${round}`, 10));
    for (const sample of liked) await whole(t, store, sample);
  }
  for (const sample of liked) await whole(t, store, sample);
  t.true((await store.stats()).pins > 40);
});

test('that a package was used is known after a restart', async (t) => {
  const first = await open(t);
  const liked = samples('Liked', 1);
  await keepAll(first.store, [...liked, ...samples('Other', 6)]);
  for (const sample of liked) await whole(t, first.store, sample);
  await first.store.close();
  const { store } = await open(t, {}, first.path);
  store.evictWhere(yes);
  // Enough that the first generations go once, and not so much that they go twice.
  await keepAll(store, samples('Later', 52));
  await whole(t, store, liked[0]!);
  t.is(await store.packages.find(samples('Other', 1)[0]!.facts.identity), undefined);
});

test('asking whether a row is current is use of the package; an evicted one is not current', async (t) => {
  const { store } = await open(t);
  const [asked, forgotten] = samples('Asked', 2) as [SamplePackage, SamplePackage];
  const row = await keep(store.packages, asked);
  const other = await keep(store.packages, forgotten);
  await keepAll(store, samples('Other', 5));
  t.true(store.packages.isCurrent(row));
  store.evictWhere(yes);
  await keepAll(store, samples('Later', 52));
  await whole(t, store, asked);
  t.is(await store.packages.find(forgotten.facts.identity), undefined);
  t.false(store.packages.isCurrent(other));
  t.false(store.packages.isCurrent(row), 'it was written again elsewhere');
});

test('looking into a package for its own sake is no use of it', async (t) => {
  const { store } = await open(t);
  const looked = samples('Looked', 1);
  await keepAll(store, [...looked, ...samples('Other', 6)]);
  const row = await store.packages.find(looked[0]!.facts.identity);
  await collect((await store.packages.open(row!, 'inspect')).stream());
  store.evictWhere(yes);
  await keepAll(store, samples('Later', 52));
  t.is(await store.packages.find(looked[0]!.facts.identity), undefined);
});

test('a store full of what no source can give back says so once, keeps its quota, and takes packages again after a purge', async (t) => {
  const { store, path, told } = await open(t);
  store.evictWhere(async () => false);
  const kept: SamplePackage[] = [];
  const error = await t.throwsAsync(
    async () => {
      for (const sample of samples('Kept', 100)) {
        await keep(store.packages, sample);
        kept.push(sample);
      }
    },
    { instanceOf: StoreFullError },
  );
  t.regex(error?.message ?? '', /no source can give back: raise store\.maxBytes or purge some/);
  t.true(kept.length > 30);
  t.true((await directoryBytes(path)) <= 1.1 * maxBytes);
  await t.throwsAsync(() => keepAll(store, samples('Small', 100, 60_000)), { instanceOf: StoreFullError });
  t.throws(() => store.packages.begin(), { instanceOf: StoreFullError });
  t.is(told.filter(({ text }) => text.includes('cannot evict more')).length, 1);
  for (const sample of kept) await whole(t, store, sample);
  for (const sample of kept.splice(0, 20)) t.true(await store.packages.purge(sample.facts.identity));
  await eventually(
    () => keepOrFull(store, samples('After', 1)[0]!),
    (isKept) => isKept,
  );
  for (const sample of kept) await whole(t, store, sample);
});

async function keepOrFull(store: Store, sample: SamplePackage): Promise<boolean> {
  try {
    await keep(store.packages, sample);
    return true;
  } catch (error) {
    if (error instanceof StoreFullError) return false;
    throw error;
  }
}

test('a package larger than half the store is refused, and leaves the rest alone', async (t) => {
  const { store } = await open(t);
  store.evictWhere(yes);
  const small = samples('Small', 3);
  await keepAll(store, small);
  const error = await t.throwsAsync(() => keep(store.packages, samplePackage('Large', '1.0.0', maxBytes / 2 + 1)), {
    instanceOf: StoreFullError,
  });
  t.regex(error?.message ?? '', /raise store\.maxBytes/);
  for (const sample of small) await whole(t, store, sample);
});

test('readers get right bytes while everything around them is evicted, in the middle of a package too', async (t) => {
  const { store } = await open(t);
  store.evictWhere(yes);
  const early = samples('Early', 5, 900_000);
  await keepAll(store, early);
  const rows = await Promise.all(early.map(({ facts }) => store.packages.find(facts.identity)));
  const iterators = await Promise.all(
    rows.map(async (row) => (await store.packages.open(row!)).stream()[Symbol.asyncIterator]()),
  );
  const pieces = await Promise.all(iterators.map(async (iterator) => [(await iterator.next()).value as Buffer]));
  await keepAll(store, samples('Flood', 150));
  for (const [n, iterator] of iterators.entries()) {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
      pieces[n]!.push(next.value);
    t.true(Buffer.concat(pieces[n]!).equals(early[n]!.bytes), `reader ${n}`);
  }
});

test('who found a package that is evicted before its first byte learns that it moved, or reads it where it is now', async (t) => {
  const { store } = await open(t);
  store.evictWhere(async ({ identity }) => identity.id.key.startsWith('goes') || identity.id.key.startsWith('flood'));
  const [goes, stays] = [samplePackage('Goes', '1.0.0', 300_000), samplePackage('Stays', '1.0.0', 300_000)];
  await keepAll(store, [goes, stays]);
  const contents = await Promise.all(
    [goes, stays].map(async ({ facts }) => store.packages.open((await store.packages.find(facts.identity))!)),
  );
  await keepAll(store, samples('Flood', 100));
  await t.throwsAsync(() => collect(contents[0]!.stream()), { instanceOf: MovedBlobError });
  t.true((await collect(contents[1]!.stream())).equals(stays.bytes));
});

test('a package that lies in several generations is evicted, moved and found again as a whole', async (t) => {
  const { store, path } = await open(t);
  store.evictWhere(async ({ identity }) => !identity.id.key.startsWith('wide.p0'));
  const wide = samples('Wide', 2, 5 * mebibyte);
  const lanes = wide.map(async (sample) => keep(store.packages, sample));
  await Promise.all(lanes);
  t.true((await store.stats()).generations > 4);
  await keepAll(store, samples('Flood', 100));
  await whole(t, store, wide[0]!);
  t.is(await store.packages.find(wide[1]!.facts.identity), undefined);
  await store.close();
  const again = await open(t, {}, path);
  await whole(t, again.store, wide[0]!);
  t.truthy(await again.store.packages.pinOf(wide[1]!.facts.identity));
});

test('an evicted package is bound to its bytes: over restarts, against others, until it is purged', async (t) => {
  const { store, path } = await open(t);
  store.evictWhere(yes);
  const [first] = samples('Pinned', 1);
  const { identity, sha512, source } = first!.facts;
  await keepAll(store, [first!, ...samples('Flood', 100)]);
  t.is(await store.packages.find(identity), undefined);
  t.deepEqual(await store.packages.pinOf(identity), { source, sha512 });
  await store.close();

  const { store: second } = await open(t, {}, path);
  t.deepEqual(await second.packages.pinOf(identity), { source, sha512 });
  const other = samplePackage('Pinned.P0', '1.0.0', 1000);
  await t.throwsAsync(() => keep(second.packages, other), { name: 'PinnedBytesError' });
  t.is(await second.packages.find(identity), undefined);
  const before = (await second.stats()).pins;
  await keep(second.packages, first!);
  t.is((await second.stats()).pins, before - 1);
  await whole(t, second, first!);
  t.true(await second.packages.purge(identity));
  t.is(await second.packages.pinOf(identity), undefined);
  await keep(second.packages, other);
  await whole(t, second, other);
});

test('a cleaning frees what a dry run foretold, and the disk has it', async (t) => {
  const { store, path } = await open(t, { maxBytes: 64 * mebibyte });
  store.evictWhere(yes);
  const all = samples('All', 40);
  await keepAll(store, all);
  for (const [n, sample] of all.entries()) if (n % 2 === 0) await store.packages.remove(sample.facts.identity);
  const before = await directoryBytes(path);
  const foretold = await store.gc({ dryRun: true });
  t.is((await store.stats()).versions, 20);
  t.true(before - (await directoryBytes(path)) < mebibyte);
  const done = await store.gc();
  t.log(foretold, done);
  t.true(foretold.freedBytes > 5_000_000 && Math.abs(foretold.freedBytes - done.freedBytes) < 200_000);
  t.like(done, { evicted: 0, moved: foretold.moved, generations: foretold.generations, retainedBytes: 0 });
  t.true(before - (await directoryBytes(path)) > 4_500_000);
  t.deepEqual(
    await listKeys(store.packages),
    all
      .filter((_, n) => n % 2 === 1)
      .map(({ facts }) => facts.identity.key)
      .sort(),
  );
  for (const [n, sample] of all.entries()) if (n % 2 === 1) await whole(t, store, sample);
  t.like(await store.gc(), { freedBytes: 0, moved: 0, generations: 0 });
});

test('a quota that was made smaller is held soon after the next start', async (t) => {
  const { store, path } = await open(t, { maxBytes: 64 * mebibyte });
  await keepAll(store, samples('Much', 100));
  await store.close();
  const { store: smaller } = await open(t, { maxBytes: 16 * mebibyte }, path);
  smaller.evictWhere(yes);
  await eventually(
    () => directoryBytes(path),
    (bytes) => bytes <= 16 * mebibyte,
  );
  t.true((await smaller.stats()).pins > 40);
});

test('nothing is evicted before it is said what may be', async (t) => {
  const { store } = await open(t);
  const early = samples('Early', 45);
  await keepAll(store, early);
  t.is((await store.stats()).pins, 0);
  for (const sample of early) await whole(t, store, sample);
});

test('a package that proves damaged when it is to be moved is told, stays pinned, and holds nothing up', async (t) => {
  const all = samples('Kept', 4);
  const { store, path } = await open(t);
  await keepAll(store, all);
  await store.close();
  await withBlobs(path, (blobs) => blobs.put(chunkKey(0), Buffer.from('altered')));
  const again = await open(t, {}, path);
  again.store.evictWhere(async ({ identity }) => identity.id.key.startsWith('flood'));
  await keepAll(again.store, samples('Flood', 60));
  const { identity, source, sha512 } = all[0]!.facts;
  t.is(await again.store.packages.find(identity), undefined);
  t.deepEqual(await again.store.packages.pinOf(identity), { source, sha512 });
  for (const sample of all.slice(1)) await whole(t, again.store, sample);
  t.deepEqual(
    again.told.map(({ text }) => text),
    ['Kept.P0 1.0.0 is damaged in the store: it is fetched again when it is asked for'],
  );
});

test('packages that come in slowly keep their generation until they are whole', async (t) => {
  const { store } = await open(t);
  store.evictWhere(yes);
  const slow = samplePackage('Slow', '1.0.0', 700_000);
  const incoming = store.packages.begin();
  await incoming.append(slow.bytes.subarray(0, 600_000));
  await keepAll(store, samples('Flood', 80));
  t.true((await incoming.peek(0, 1000)).equals(slow.bytes.subarray(0, 1000)));
  await incoming.append(slow.bytes.subarray(600_000));
  const row = await incoming.commit(slow.facts);
  t.true((await readAll(store.packages, row)).equals(slow.bytes));
});
