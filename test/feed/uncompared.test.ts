import test from 'ava';

import { Uncompared, uncomparedOf } from '../../src/feed/uncompared.js';
import type { FactStore } from '../../src/feed/store.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { SteppedClock } from '../support/stepped-clock.js';

const [alpha, beta] = [PackageIdentity.parse('Alpha', '1.0.0'), PackageIdentity.parse('Beta', '2.0.0-rc.1')];
const key = (source: string) => ({ source, kind: 'uncompared' as const, name: '' });

function start(facts: FactStore = new MemoryStore().facts) {
  const clock = new SteppedClock();
  const uncompared = new Uncompared({ facts, clock, log: silentLog });
  return { facts, clock, uncompared };
}

const keysOf = async (uncompared: Uncompared, source: string) => (await uncompared.of(source)).map((one) => one.key);

test('each source has its own list, kept soon after it changed, and gone when it is empty', async (t) => {
  const { facts, clock, uncompared } = start();
  uncompared.add({ source: 'one', identity: alpha });
  uncompared.add({ source: 'one', identity: beta });
  uncompared.add({ source: 'two', identity: beta });
  await clock.pass(2_000);
  const next = start(facts).uncompared;
  t.deepEqual(await keysOf(next, 'one'), [alpha.key, beta.key]);
  t.deepEqual(await keysOf(next, 'two'), [beta.key]);
  for (const identity of [alpha, beta]) uncompared.delete({ source: 'one', identity });
  await clock.pass(2_000);
  t.is(await facts.read(key('one')), undefined);
  t.truthy(await facts.read(key('two')));
});

test('what an earlier run left stays beside what is new', async (t) => {
  const { facts, uncompared } = start();
  uncompared.add({ source: 'one', identity: alpha });
  await uncompared.close();
  const next = start(facts).uncompared;
  next.add({ source: 'one', identity: beta });
  await next.close();
  t.deepEqual(await keysOf(start(facts).uncompared, 'one'), [alpha.key, beta.key]);
});

test('a list that says nonsense is none, and the next one takes its place', async (t) => {
  for (const head of [
    null,
    'alpha',
    { alpha: '1.0.0' },
    [['Alpha']],
    [['../alpha', '1.0.0']],
    [['Alpha', 'one']],
    [['Alpha', 1]],
  ]) {
    t.is(uncomparedOf(head), undefined, JSON.stringify(head));
    const { facts, uncompared } = start();
    await facts.write(key('one'), { state: 'found', checkedAtMs: 0, validators: {}, head, parts: [] });
    t.deepEqual(await uncompared.of('one'), []);
    uncompared.add({ source: 'one', identity: alpha });
    await uncompared.close();
    t.deepEqual(await keysOf(start(facts).uncompared, 'one'), [alpha.key]);
  }
});

test('what the store does not take is kept with the next change, or at the end', async (t) => {
  const { facts } = new MemoryStore();
  const full = { is: true };
  const { clock, uncompared } = start({
    read: (of) => facts.read(of),
    readPart: (fact, part) => facts.readPart(fact, part),
    write: async (of, fact) => {
      if (full.is) throw new Error('no space left on device');
      return facts.write(of, fact);
    },
    confirm: (fact, atMs) => facts.confirm(fact, atMs),
    list: (kind) => facts.list(kind),
    remove: (of) => facts.remove(of),
  });
  uncompared.add({ source: 'one', identity: alpha });
  await clock.pass(10_000);
  t.is(await facts.read(key('one')), undefined);
  full.is = false;
  await uncompared.close();
  t.deepEqual(await keysOf(start(facts).uncompared, 'one'), [alpha.key]);
});
