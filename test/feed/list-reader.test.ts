import test from 'ava';

import { failed, found } from '../../src/feed/answer.js';
import { ListReader } from '../../src/feed/list-reader.js';
import { PackageId } from '../../src/nuget/package-id.js';
import type { SearchWindow } from '../../src/nuget/search-query.js';

const entry = (id: string) => ({ id: PackageId.parse(id) });
const all = Array.from({ length: 100 }, (_, n) => `p${n}`);

/** Reads a server that answers a window so. */
async function read(
  serve: (window: SearchWindow) => { readonly ids: readonly string[]; readonly totalHits?: number },
  count = 1_000,
  choose: (one: { readonly id: PackageId }) => { readonly id: PackageId } | undefined = (one) => one,
) {
  const windows: SearchWindow[] = [];
  const reader = new ListReader(
    'source',
    async (window) => {
      windows.push(window);
      const { ids, totalHits } = serve(window);
      const entries = ids.map(entry);
      return found({ entries, count: ids.length, ...(totalHits !== undefined && { totalHits }) });
    },
    choose,
  );
  await reader.reach(count, 20);
  return { list: reader.list, ids: reader.list.entries.map(({ id }) => id.key), windows, leftOut: reader.leftOut };
}

const slice = ({ skip, take }: SearchWindow) => all.slice(skip, skip + take);

test('a list is read to its end and no further than needed', async (t) => {
  const few = await read((window) => ({ ids: slice(window), totalHits: 100 }), 30);
  t.deepEqual(few.ids, all.slice(0, 40));
  t.false(few.list.isWhole);
  t.is(few.list.total, 100);
  const whole = await read((window) => ({ ids: slice(window), totalHits: 100 }));
  t.deepEqual(whole.ids, all);
  t.true(whole.list.isWhole);
  t.false(whole.leftOut);
});

test('without a total, or with one that is too high, the end is where nothing comes', async (t) => {
  for (const totalHits of [undefined, 1100]) {
    const { ids, list } = await read((window) => ({
      ids: slice(window),
      ...(totalHits !== undefined && { totalHits }),
    }));
    t.deepEqual(ids, all);
    t.true(list.isWhole);
  }
  const begun = await read((window) => ({ ids: slice(window) }), 20);
  t.is(begun.list.total, 21, 'there may be more than is at hand');
});

test('a server that caps its pages is read on behind the last element that came', async (t) => {
  const { ids, windows } = await read((window) => ({ ids: slice({ ...window, take: 7 }), totalHits: 100 }));
  t.deepEqual(ids, all);
  t.is(windows[1]?.skip, 7);
});

test('a server that ignores the window is asked once, or until it repeats itself', async (t) => {
  const once = await read(() => ({ ids: all, totalHits: 100 }));
  t.deepEqual(once.ids, all);
  t.is(once.windows.length, 1);
  t.true(once.leftOut, 'its places are not ours');
  const repeating = await read(() => ({ ids: all.slice(0, 20), totalHits: 100 }));
  t.deepEqual(repeating.ids, all.slice(0, 20));
  t.is(repeating.windows.length, 2);
});

test('a total below what came is not believed', async (t) => {
  const { list } = await read((window) => ({ ids: slice(window), totalHits: 5 }), 20);
  t.is(list.total, 20);
});

test('what is not shown does not count, and a source of which hardly anything is shown is left in the end', async (t) => {
  const even = await read(
    (window) => ({ ids: slice(window), totalHits: 100 }),
    1_000,
    (one) => (Number(one.id.key.slice(1)) % 2 === 0 ? one : undefined),
  );
  t.is(even.list.entries.length, 50);
  t.is(even.list.total, 50);
  const nothing = await read(
    ({ skip, take }) => ({ ids: Array.from({ length: take }, (_, n) => `x${skip + n}`), totalHits: 1_000_000 }),
    20,
    () => undefined,
  );
  t.true(nothing.list.isWhole);
  t.is(nothing.list.total, 0);
  t.true(nothing.windows.length < 10, `${nothing.windows.length} requests`);
});

test('a failure ends the reading and is the answer', async (t) => {
  const failure = failed({ code: 'source-failed', detail: 'answered 500' });
  const reader = new ListReader<{ id: PackageId }>(
    'source',
    async () => failure,
    (one) => one,
  );
  t.is(await reader.reach(1, 20), failure);
});
