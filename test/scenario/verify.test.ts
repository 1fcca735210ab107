import test from 'ava';
import type { ExecutionContext } from 'ava';

import { openHouse } from '../../src/compose.js';
import { configSchema } from '../../src/config/schema.js';
import { isSound } from '../../src/feed/verify-report.js';
import type { VerifyEvent, VerifyProgress, VerifyReport } from '../../src/feed/verify-report.js';
import { silentLog } from '../../src/ops/log.js';
import { factKey, packageKey } from '../../src/store/keys.js';
import { decodeHeader } from '../../src/store/level/fact-header.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { damageChunks, filledStore } from '../support/damaged-store.js';
import { withMeta } from '../support/level-files.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';

const ids = ['Alpha', 'Beta', 'Gamma'] as const;
const fillerBytes = 600_000;
/** Of each package, in the order in which they were fetched. */
const chunksPerPackage = 3;

interface Filled {
  readonly source: ScriptedSource;
  readonly path: string;
}

async function filled(t: ExecutionContext): Promise<Filled> {
  const source = await startScriptedSource({
    packages: ids.map((id) => ({ id, version: '1.0.0', fillerBytes })),
  });
  t.teardown(() => source.close());
  const paths = ids.flatMap((id) => [
    `v3/flat/${id}/index.json`,
    `v3/registration-semver2/${id}/index.json`,
    `v3/flat/${id}/1.0.0/${id.toLowerCase()}.1.0.0.nupkg`,
  ]);
  return { source, path: await filledStore(t, { sources: { origin: source } }, paths) };
}

interface Verified {
  readonly events: readonly VerifyEvent[];
  readonly report: VerifyReport;
}

/** As a command does it: the house is built and nobody is let in. */
async function verify({ source, path }: Filled, repair: boolean, offline = false): Promise<Verified> {
  const settings = configSchema.parse({ offline, sources: [{ name: 'origin', url: source.url }] });
  const store = await openLevelStore(path, { now: Date.now });
  const house = await openHouse(settings, '0.0.0-test', { log: silentLog, store });
  try {
    const events: VerifyEvent[] = [];
    const running = house.verify({ repair });
    for (;;) {
      const step = await running.next();
      if (step.done === true) return { events, report: step.value };
      events.push(step.value);
    }
  } finally {
    await house.close();
  }
}

const progressOf = (events: readonly VerifyEvent[]): VerifyProgress[] =>
  events.flatMap((event) => (event.event === 'progress' ? [event] : []));

test('a sound store is read whole, and found sound', async (t) => {
  const world = await filled(t);
  world.source.requests.length = 0;
  const { events, report } = await verify(world, true);
  const bytes = ids.reduce((sum, id) => sum + world.source.package(id, '1.0.0').bytes.length, 0);
  t.true(isSound(report));
  t.like(report, { packages: 3, bytes, damaged: [], lost: [], healed: 0 });
  t.true(report.facts.checked >= 6);
  t.deepEqual(report.facts.damaged, []);
  t.deepEqual(progressOf(events).at(-1), {
    event: 'progress',
    ...{ checkedPackages: 3, totalPackages: 3, checkedBytes: bytes, totalBytes: bytes },
  });
  t.is(world.source.requests.length, 0, 'nobody is asked');
});

test('damage anywhere in a package is found; without repair it is left as it is and nobody is asked', async (t) => {
  const world = await filled(t);
  await damageChunks(world.path, 0, chunksPerPackage + 2);
  world.source.requests.length = 0;
  for (let i = 0; i < 2; i++) {
    const { events, report } = await verify(world, false);
    t.false(isSound(report));
    t.deepEqual(report.damaged.map(({ id, kind, outcome }) => [id, kind, outcome]).sort(), [
      ['Alpha', 'damaged', 'found'],
      ['Beta', 'damaged', 'found'],
    ]);
    t.is(events.filter(({ event }) => event === 'package').length, 2);
    t.is(report.packages, 3);
  }
  t.is(world.source.requests.length, 0);
});

test('repair fetches what is damaged from its source, and heals it when the bytes are the same', async (t) => {
  const world = await filled(t);
  await damageChunks(world.path, 1);
  world.source.requests.length = 0;
  const { report } = await verify(world, true);
  t.true(isSound(report));
  t.is(report.healed, 1);
  t.like(report.damaged[0], { id: 'Alpha', version: '1.0.0', source: 'origin', outcome: 'healed' });
  t.is(world.source.count('.nupkg'), 1);
  t.true(isSound((await verify(world, false)).report), 'and it stays sound');
});

test('what cannot be had again is lost, and told why', async (t) => {
  const cases: readonly (readonly [(source: ScriptedSource) => unknown, RegExp, boolean?])[] = [
    [(source) => source.close(), /refused|reached|ECONNREFUSED|connect/i],
    [(source) => source.remove('Alpha'), /has it no more/],
    [(source) => source.add({ id: 'Alpha', version: '1.0.0', fillerBytes: fillerBytes + 1 }), /other bytes/],
    [() => undefined, /offline/, true],
  ];
  for (const [change, why, offline] of cases) {
    const world = await filled(t);
    await damageChunks(world.path, 0);
    await change(world.source);
    const { report } = await verify(world, true, offline);
    t.false(isSound(report));
    t.is(report.healed, 0);
    t.is(report.lost.length, 1);
    t.like(report.lost[0], { id: 'Alpha', outcome: 'lost' });
    t.regex(report.lost[0]?.why ?? '', why);
  }
});

test('a row that tells another hash or another package than its bytes is damage', async (t) => {
  const world = await filled(t);
  await withMeta(world.path, async (meta) => {
    const rowKey = (id: string) => packageKey(PackageIdentity.parse(id, '1.0.0'));
    const rowOf = async (id: string) => JSON.parse((await meta.get(rowKey(id))).toString()) as object;
    const change = async (id: string, more: object) => {
      const row = await rowOf(id);
      await meta.put(rowKey(id), Buffer.from(JSON.stringify({ ...row, ...more })));
    };
    await change('Alpha', { sha512: `${'A'.repeat(86)}==` });
    await change('Beta', { ...(await rowOf('Gamma')), id: 'Beta' });
  });
  const { report } = await verify(world, false);
  t.deepEqual(report.damaged.map(({ id, what }) => [id, /SHA-512|nuspec says/.test(what)]).sort(), [
    ['Alpha', true],
    ['Beta', true],
  ]);
});

test('facts that lack a part or say nonsense are found, and dropped by repair: they are asked again', async (t) => {
  const world = await filled(t);
  const keyOf = (kind: 'versions' | 'registration', name: string) => factKey({ source: 'origin', kind, name });
  await withMeta(world.path, async (meta) => {
    const parts = await meta
      .keys({ gt: 'part/origin/registration/alpha/', lt: 'part/origin/registration/alpha0' })
      .all();
    t.is(parts.length, 1);
    for (const part of parts) await meta.del(part);
    const list = decodeHeader(await meta.get(keyOf('versions', 'beta')));
    await meta.put(keyOf('versions', 'beta'), Buffer.from(JSON.stringify({ ...list, head: ['not a version'] })));
    await meta.put(keyOf('versions', 'gamma'), Buffer.from('{"state":'));
  });
  const found = [
    ['registration', 'alpha'],
    ['versions', 'beta'],
    ['versions', 'gamma'],
  ];
  const first = await verify(world, false);
  t.false(isSound(first.report));
  t.deepEqual(first.report.facts.damaged.map(({ kind, name }) => [kind, name]).sort(), found);
  t.is(first.report.facts.dropped, 0);
  const second = await verify(world, true);
  t.true(isSound(second.report));
  t.is(second.report.facts.dropped, 3);
  t.deepEqual((await verify(world, false)).report.facts.damaged, []);
});

test('who leaves, or gives up, ends the reading', async (t) => {
  const { path, source } = await filled(t);
  const settings = configSchema.parse({ sources: [{ name: 'origin', url: source.url }] });
  const store = await openLevelStore(path, { now: Date.now });
  const house = await openHouse(settings, '0.0.0-test', { log: silentLog, store });
  for await (const _ of house.verify()) break;
  await t.throwsAsync(
    async () => {
      for await (const _ of house.verify({ signal: AbortSignal.abort(new Error('enough')) }));
    },
    { message: 'enough' },
  );
  await t.notThrowsAsync(house.close());
});
