import test from 'ava';
import fc from 'fast-check';
import type { Fact, FactKey, FactStore, NewFact } from '../../../src/feed/store.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const newFact = (state: NewFact['state'], partSizes: readonly number[]): NewFact => ({
  ...{ state, checkedAtMs: 1, validators: {}, head: { sizes: [...partSizes] } },
  parts: partSizes.map((size, part) => Buffer.alloc(size, part + 1)),
});

const step = fc.record({
  does: fc.constantFrom('write', 'confirm', 'remove', 'read'),
  name: fc.constantFrom('alpha', 'beta', 'gamma'),
  state: fc.constantFrom('found', 'missing'),
  // Some too large for the memory of what was just written, some for one batch together.
  partSizes: fc.array(fc.constantFrom(0, 10, 5_000, 200_000, 600_000), { maxLength: 4 }),
  checkedAtMs: fc.nat(),
});

/** What can be known of a fact by reading, whichever store has it. */
async function seen(facts: FactStore, key: FactKey) {
  const fact = await facts.read(key);
  if (fact === undefined) return undefined;
  const { epoch: _, partChecksums: __, ...rest } = fact;
  const parts = await Promise.all(Array.from({ length: fact.partCount }, (_, part) => facts.readPart(fact, part)));
  return { ...rest, parts: parts.map((part) => part && [part.length, part[0]]) };
}

test('whatever is written, confirmed and removed, what is read is what a store in memory tells', async (t) => {
  const store = await openLevelStore(await temporaryDirectory(t), { now: Date.now, recentFactBytes: 20_000 });
  t.teardown(() => store.close());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const stores = [store.facts, new MemoryStore().facts];
      run++;
      for (const { does, name, state, partSizes, checkedAtMs } of steps) {
        const key: FactKey = { source: `run${run}`, kind: 'registration', name };
        const replaced: (Fact | undefined)[] = [];
        for (const facts of stores) {
          const old = await facts.read(key);
          if (does === 'write') await facts.write(key, newFact(state, partSizes));
          if (does === 'remove') await facts.remove(key);
          if (does === 'confirm' && old) await facts.confirm(old, checkedAtMs);
          replaced.push(does === 'write' || does === 'remove' ? old : undefined);
        }
        const [kept, model] = await Promise.all(stores.map((facts) => seen(facts, key)));
        t.deepEqual(kept, model);
        const [gone] = replaced;
        if (gone && gone.partCount > 0) t.is(await store.facts.readPart(gone, 0), undefined);
      }
    }),
    { numRuns: 40 },
  );
});

test('a store that was opened again has every fact from the first moment on', async (t) => {
  const path = await temporaryDirectory(t);
  const keyOf = (number: number): FactKey => ({ source: 'origin', kind: 'versions', name: `package${number}` });
  const before = await openLevelStore(path, { now: Date.now });
  await Promise.all(
    Array.from({ length: 3_000 }, (_, number) => before.facts.write(keyOf(number), newFact('found', []))),
  );
  await before.close();
  const store = await openLevelStore(path, { now: Date.now });
  t.teardown(() => store.close());
  for (let number = 0; number < 3_000; number++) {
    if ((await store.facts.read(keyOf(number))) === undefined) t.fail(`package${number} was told absent`);
    t.is(await store.facts.read(keyOf(number + 3_000)), undefined);
  }
  t.is((await seen(store.facts, keyOf(7)))?.partCount, 0);
});

test('who asks for a fact that is just being written for the first time is told it once it is', async (t) => {
  const store = await openLevelStore(await temporaryDirectory(t), { now: Date.now });
  t.teardown(() => store.close());
  const keyOf = (number: number): FactKey => ({ source: 'origin', kind: 'versions', name: `package${number}` });
  // Until the index was read nothing is known to come first.
  for (let number = 0; number < 20; number++) await store.facts.write(keyOf(number), newFact('found', []));
  // Large, so that the disk has not got it when it is asked for.
  const writing = store.facts.write(keyOf(20), newFact('found', [500_000, 500_000]));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  t.deepEqual(await store.facts.read(keyOf(20)), await writing);
});
