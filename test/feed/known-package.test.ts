import test from 'ava';
import { KnownPackages } from '../../src/feed/known-package.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { keep, samplePackage } from '../support/sample-package.js';

test('who goes through all ids of many kept packages leaves the event loop to others in between', async (t) => {
  const { facts, packages } = new MemoryStore();
  for (let n = 0; n < 2_000; n++) await keep(packages, samplePackage(`Company.Part${n}`, '1.0.0', 1));
  let turns = 0;
  let isOver = false;
  const spin = () => {
    turns++;
    if (!isOver) setImmediate(spin);
  };
  setImmediate(spin);
  const names = new Set<string>();
  for await (const { source, kind, name } of new KnownPackages(facts, packages).keys()) {
    t.deepEqual([source, kind], ['nuget.org', 'registration']);
    names.add(name);
  }
  isOver = true;
  t.is(names.size, 2_000);
  t.true(turns >= 4, `${turns} turns`);
});
