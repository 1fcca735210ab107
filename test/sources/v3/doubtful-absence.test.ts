import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { V3Source } from '../../../src/sources/v3/v3-source.js';
import { PackageId } from '../../../src/nuget/package-id.js';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { ManualClock } from '../../support/larder.js';
import { openScripted, told } from '../open-source.js';

const alpha = PackageId.parse('Alpha');
const alpha1 = PackageIdentity.parse('Alpha', '1.0.0');
const index = 'v3/index.json';

const questions: readonly (readonly [what: string, ask: (source: V3Source) => Promise<string>])[] = [
  ['a version list', async (source) => told(await source.versions(alpha, {}))],
  ['a registration', async (source) => told(await source.registration(alpha, {}))],
  [
    'a package',
    async (source) => {
      const opened = await source.download(alpha1, {});
      if (opened.kind === 'found') opened.value.bytes.destroy();
      return told(opened);
    },
  ],
];

async function start(t: ExecutionContext) {
  const clock = new ManualClock();
  const { server, source } = await openScripted(t, { packages: [{ id: 'Alpha', version: '1.0.0' }] }, { clock });
  t.is(told(await source.versions(PackageId.parse('Nobody'), {})), 'missing');
  return { clock, server, source };
}

for (const [what, ask] of questions) {
  test(`trap 9: ${what}: a server that answers 404 to everything, its index included, is not believed`, async (t) => {
    const { clock, server, source } = await start(t);
    clock.advance(31_000);
    server.fault('', { status: 404 });
    t.regex(await ask(source), /^refused source-refused: says that it has no such thing, but no longer has an index/);
    clock.advance(10_000);
    server.clearFaults();
    t.is(await ask(source), 'found');
  });

  test(`trap 9: ${what}: one that hides everything from a stranger is not believed`, async (t) => {
    const { clock, server, source } = await start(t);
    clock.advance(31_000);
    server.fault('', { status: 404 });
    server.fault(index, { status: 401 });
    t.regex(await ask(source), /^refused source-refused: .*answered 401/);
  });

  test(`${what}: what has moved is found where the index says now`, async (t) => {
    const { clock, server, source } = await start(t);
    clock.advance(31_000);
    server.moveTo('moved/');
    t.is(await ask(source), 'found');
  });

  test(`${what}: an index that cannot be had just now casts no doubt on an absence`, async (t) => {
    const { clock, server, source } = await start(t);
    clock.advance(31_000);
    server.remove('Alpha');
    server.fault(index, { status: 500 });
    t.is(await ask(source), 'missing');
  });
}

test('absences cost one look at the index in 30 s, however many they are', async (t) => {
  const { clock, server, source } = await start(t);
  const missing = () => Promise.all(['A', 'B', 'C'].map((id) => source.versions(PackageId.parse(id), {})));
  await missing();
  t.is(server.count(index), 1);
  for (const looks of [2, 3]) {
    clock.advance(30_000);
    await missing();
    await missing();
    t.is(server.count(index), looks);
  }
});
