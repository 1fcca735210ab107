import test from 'ava';
import fc from 'fast-check';

import { SortedIds } from '../../src/store/kept-ids.js';

const change = fc.record({
  adds: fc.boolean(),
  id: fc.constantFrom('a', 'a.b', 'a-b', 'a_b', 'ab', 'b', 'b.c', 'z'),
  source: fc.constantFrom('one', 'two', 'three'),
});

test('whatever comes and goes, the ids there are stand in order, each with its sources', (t) => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const ids = new SortedIds();
      const model = new Map<string, string[]>();
      for (const { adds, id, source } of changes) {
        const sources = model.get(id) ?? [];
        // A store never takes away what is not there.
        if (!adds && !sources.includes(source)) continue;
        if (adds) model.set(id, [...sources, source]);
        else model.set(id, sources.toSpliced(sources.indexOf(source), 1));
        if (model.get(id)?.length === 0) model.delete(id);
        if (adds) ids.add(id, source);
        else ids.subtract(id, source);
      }
      const sorted = [...model.keys()].sort();
      t.deepEqual(ids.following('', 100), sorted);
      t.is(ids.count, sorted.length);
      for (const [id, sources] of model) t.deepEqual([...ids.sourcesOf(id)].sort(), [...new Set(sources)].sort());
    }),
  );
});

test('one goes on behind any id, one that is no longer there included', (t) => {
  const ids = new SortedIds();
  for (const id of ['d', 'b', 'f']) ids.add(id, 'one');
  t.deepEqual(ids.following('b', 1), ['d']);
  t.deepEqual(ids.following('c', 5), ['d', 'f']);
  t.deepEqual(ids.following('f', 5), []);
  t.deepEqual(ids.sourcesOf('x'), []);
});

test('many ids, in any order of coming and going, stand in order across all buckets', (t) => {
  const ids = new SortedIds();
  const names = Array.from({ length: 5_000 }, (_, i) => `id${(i * 3_571) % 5_000}`);
  for (const name of names) ids.add(name, 'one');
  t.deepEqual(ids.following('', 9_999), [...names].sort());
  const left = names.filter((_, i) => i % 7 === 0);
  for (const name of names) if (!left.includes(name)) ids.subtract(name, 'one');
  t.deepEqual(ids.following('', 9_999), [...left].sort());
  const walked: string[] = [];
  for (let page = ids.following('', 100); page.length > 0; page = ids.following(walked.at(-1) ?? '', 100))
    walked.push(...page);
  t.deepEqual(walked, [...left].sort());
  for (const name of left) ids.subtract(name, 'one');
  t.deepEqual([ids.count, ids.following('', 9)], [0, []]);
});
