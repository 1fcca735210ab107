import test from 'ava';
import fc from 'fast-check';

import { PackageId } from '../../src/nuget/package-id.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import { chosenHit } from '../../src/nuget/search-choice.js';
import type { SearchHit } from '../../src/nuget/search-hit.js';
import { mergeRankings, totalOf, uniteHits } from '../../src/nuget/search-merge.js';
import type { RankedList } from '../../src/nuget/search-merge.js';

const entry = (id: string) => ({ id: PackageId.parse(id) });
const whole = (source: string, ids: readonly string[]): RankedList<{ readonly id: PackageId }> => ({
  source,
  entries: ids.map(entry),
  total: ids.length,
  isWhole: true,
});
const keys = (merged: readonly (readonly [{ readonly id: PackageId }, ...unknown[]])[]) =>
  merged.map(([{ id }]) => id.key);

const anyList = fc.uniqueArray(
  fc.integer({ min: 0, max: 40 }).map((n) => `p${n}`),
  { maxLength: 30 },
);
const anyLists = fc.array(anyList, { maxLength: 4 });

test('the best rank counts, the order of sources decides between equals', (t) => {
  const merged = mergeRankings([whole('a', ['a1', 'both', 'a3']), whole('b', ['b1', 'b2', 'BOTH', 'a1'])]);
  t.deepEqual(keys(merged), ['a1', 'b1', 'both', 'b2', 'a3']);
  t.deepEqual(
    merged.map((sayings) => sayings.length),
    [2, 1, 2, 1, 1],
  );
});

test('each id stands there once, and none is lost', (t) => {
  fc.assert(
    fc.property(anyLists, (lists) => {
      const merged = keys(mergeRankings(lists.map((ids, place) => whole(`s${place}`, ids))));
      const expected = new Set(lists.flat());
      return merged.length === expected.size && merged.every((key) => expected.has(key));
    }),
  );
  t.pass();
});

test('trap 15: the first n depend on the first n of each list alone: later pages continue earlier ones', (t) => {
  fc.assert(
    fc.property(anyLists, fc.nat(30), (lists, n) => {
      const long = keys(mergeRankings(lists.map((ids, place) => whole(`s${place}`, ids))));
      const short = keys(mergeRankings(lists.map((ids, place) => whole(`s${place}`, ids.slice(0, n)))));
      return JSON.stringify(short.slice(0, n)) === JSON.stringify(long.slice(0, n));
    }),
  );
  t.pass();
});

test('trap 15: a total is never below what can be shown, and does not change as lists are read on', (t) => {
  const script = fc.tuple(anyList, fc.nat(200));
  fc.assert(
    fc.property(fc.array(script, { maxLength: 4 }), fc.nat(30), (scripts, n) => {
      const read = (upTo: number) =>
        scripts.map(([ids, more], place) => ({
          ...whole(`s${place}`, ids.slice(0, upTo)),
          total: ids.length + more,
          isWhole: more === 0 && upTo >= ids.length,
        }));
      const all = read(Infinity);
      if (totalOf(all) < mergeRankings(all).length) return false;
      const isLong = scripts.reduce((sum, [ids, more]) => sum + ids.length + more, 0) > 100;
      return !isLong || totalOf(read(n)) === totalOf(all);
    }),
  );
  t.is(totalOf([whole('a', ['x', 'y']), whole('b', ['X'])]), 2, 'short lists are counted');
});

const anyVersion = fc
  .tuple(fc.nat(3), fc.nat(3), fc.constantFrom('', '-beta', '-a.b'), fc.constantFrom('', '+meta'))
  .map(([major, minor, label, metadata]) => PackageVersion.parse(`${major}.${minor}.0${label}${metadata}`));
const anyHit = fc
  .uniqueArray(anyVersion, { selector: ({ key }) => key, minLength: 1, maxLength: 8 })
  .map((versions): SearchHit => ({
    id: PackageId.parse('Lib'),
    version: versions[0] as PackageVersion,
    versions: versions.map((version) => ({ version })),
    texts: { description: versions.map(({ key }) => key).join(' ') },
  }));

test('united, the version shown is the highest and among the versions, each once, ascending, from its first owner', (t) => {
  fc.assert(
    fc.property(
      fc.array(anyHit, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
      (given, prerelease, semVer2) => {
        const query = { text: '', prerelease, semVer2 };
        const [first, ...others] = given.flatMap((hit) => chosenHit(hit, query) ?? []);
        if (!first) return true;
        const { version, versions, texts } = uniteHits([first, ...others]);
        const all = versions.map((one) => one.version);
        const owner = [first, ...others].find((hit) => hit.versions.some((one) => one.version.key === version.key));
        return (
          all.at(-1) === version &&
          new Set(all.map(({ key }) => key)).size === all.length &&
          all.every((one, place) => place === 0 || PackageVersion.compare(all[place - 1] as PackageVersion, one) < 0) &&
          all.every((one) => (prerelease || !one.isPrerelease) && (semVer2 || !one.isSemVer2)) &&
          texts === owner?.texts
        );
      },
    ),
  );
  t.pass();
});
