import test from 'ava';

import { failed, found } from '../../src/feed/answer.js';
import type { Answer } from '../../src/feed/answer.js';
import { LaterProofs } from '../../src/feed/later-proofs.js';
import { Refusals } from '../../src/feed/refusals.js';
import type { PublishedHash } from '../../src/feed/source.js';
import type { PackageRow } from '../../src/feed/store.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { silentLog } from '../../src/ops/log.js';
import { Uncompared } from '../../src/feed/uncompared.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { SteppedClock } from '../support/stepped-clock.js';

const [sha512, otherSha512] = ['as-kept', 'as-published'];

function start(store = new MemoryStore(), clock = new SteppedClock()) {
  const { packages, facts } = store;
  const refusals = new Refusals();
  const busy = { is: false };
  const uncompared = new Uncompared({ facts, clock, log: silentLog });
  const proofs = new LaterProofs({
    ...{ store: packages, uncompared, refusals, clock, log: silentLog },
    isBusy: () => busy.is,
  });
  const asked: string[] = [];
  return {
    ...{ store, clock, packages, refusals, busy, proofs, asked },
    keep: async (id: string, source = 'origin'): Promise<PackageRow> => {
      const incoming = packages.begin();
      await incoming.append(Buffer.from(id));
      const row = await incoming.commit({
        ...{ identity: PackageIdentity.parse(id, '1.0.0'), source, sha512, cachedAtMs: clock.now() },
        evidence: ['signature-hash'],
      });
      if (row instanceof Error) throw row;
      return row;
    },
    tells: (id: string, answer: Answer<PublishedHash>) => async () => {
      asked.push(id);
      return answer;
    },
  };
}

test('what a signed package is published as is asked only when nothing was fetched for a while', async (t) => {
  const { clock, proofs, keep, tells, asked, busy } = start();
  proofs.moved();
  for (const id of ['A', 'B']) proofs.add(await keep(id), tells(id, found({ sha512 })));
  await clock.pass(8_000);
  proofs.moved();
  await clock.pass(8_000);
  busy.is = true;
  await clock.pass(20_000);
  t.deepEqual(asked, []);
  busy.is = false;
  await clock.pass(10_000);
  t.deepEqual(asked, ['A', 'B']);
  t.is(clock.nextInMs, undefined, 'nothing is looked for any more');
});

test('nobody waits for ever for a quiet moment: then one is asked at a time, with pauses', async (t) => {
  const { clock, proofs, keep, tells, asked, busy } = start();
  busy.is = true;
  for (const id of ['A', 'B', 'C', 'D']) proofs.add(await keep(id), tells(id, found({ sha512 })));
  await clock.pass(59_000);
  t.deepEqual(asked, []);
  await clock.pass(1_100);
  t.deepEqual(asked, ['A']);
  await clock.pass(200);
  t.deepEqual(asked, ['A', 'B']);
});

test('a few are asked at a time', async (t) => {
  const { clock, proofs, keep } = start();
  let underWay = 0;
  let most = 0;
  for (let i = 0; i < 20; i++)
    proofs.add(await keep(`Id${i}`), async () => {
      most = Math.max(most, ++underWay);
      await clock.sleep(100);
      underWay--;
      return found({ sha512 });
    });
  await clock.pass(12_000);
  t.is(most, 2);
  t.is(underWay, 0);
});

test('another hash takes the package back and has it doubted; a source that cannot say changes nothing', async (t) => {
  const { clock, packages, proofs, refusals, keep, tells } = start();
  const [wrong, unknown, right] = [await keep('Wrong'), await keep('Unknown'), await keep('Right')];
  proofs.add(wrong, tells('Wrong', found({ sha512: otherSha512 })));
  proofs.add(unknown, tells('Unknown', failed({ code: 'source-failed', detail: 'away' })));
  proofs.add(right, async () => Promise.reject(new Error('of our own')));
  await clock.pass(10_000);
  t.is(await packages.find(wrong.identity), undefined);
  t.is(await packages.pinOf(wrong.identity), undefined, 'it binds nobody');
  t.regex(refusals.of(wrong.identity)[0]?.detail ?? '', /not the one that the source publishes/);
  t.true(proofs.isDoubted('origin', wrong.identity));
  for (const row of [unknown, right]) {
    t.is((await packages.find(row.identity))?.sha512, sha512);
    t.false(proofs.isDoubted('origin', row.identity));
  }
});

test('a package that is gone meanwhile is not asked about', async (t) => {
  const { clock, packages, proofs, keep, tells, asked } = start();
  const row = await keep('A');
  proofs.add(row, tells('A', found({ sha512 })));
  await packages.purge(row.identity);
  await clock.pass(10_000);
  t.deepEqual(asked, []);
});

test('closed it asks nothing more', async (t) => {
  const { clock, proofs, keep, tells, asked } = start();
  proofs.add(await keep('A'), tells('A', found({ sha512 })));
  await proofs.close();
  proofs.add(await keep('B'), tells('B', found({ sha512 })));
  await clock.pass(100_000);
  t.deepEqual(asked, []);
});

test('a source that cannot say is asked again after a while, the others meanwhile', async (t) => {
  const { clock, proofs, keep, tells, asked, packages } = start();
  const answers = [failed({ code: 'source-failed', detail: 'away' }), found({ sha512: otherSha512 })];
  const row = await keep('A');
  proofs.add(row, async () => {
    asked.push('A');
    return answers.shift() ?? found({ sha512 });
  });
  await clock.pass(10_000);
  t.deepEqual(asked, ['A']);
  proofs.add(await keep('B', 'other'), tells('B', found({ sha512 })));
  await clock.pass(280_000);
  t.deepEqual(asked, ['A', 'B']);
  t.truthy(await packages.find(row.identity));
  await clock.pass(30_000);
  t.deepEqual(asked, ['A', 'B', 'A']);
  t.is(await packages.find(row.identity), undefined, 'taken back then');
});

for (const end of ['stopped', 'killed'] as const)
  test(`what was not compared when it was ${end} is compared after the next start`, async (t) => {
    const first = start();
    const rows = [
      await first.keep('Wrong'),
      await first.keep('Right'),
      await first.keep('Gone'),
      await first.keep('Told'),
    ];
    first.proofs.add(rows[3]!, first.tells('Told', found({ sha512 })));
    await first.clock.pass(10_000);
    for (const row of rows.slice(0, 3)) first.proofs.add(row, first.tells(row.identity.id.text, found({ sha512 })));
    if (end === 'stopped') await first.proofs.close();
    else await first.clock.pass(3_000);
    await first.packages.purge(rows[2]!.identity);

    const second = start(first.store, first.clock);
    await second.proofs.resume('other', () => second.tells('other', found({ sha512 })));
    await second.proofs.resume('origin', ({ id }) =>
      second.tells(id.text, found({ sha512: id.text === 'Wrong' ? otherSha512 : sha512 })),
    );
    if (end === 'killed') first.proofs.stop();
    await second.clock.pass(10_000);
    t.deepEqual(second.asked, ['Wrong', 'Right']);
    t.is(await second.packages.find(rows[0]!.identity), undefined);
    await second.proofs.close();

    const third = start(first.store, first.clock);
    await third.proofs.resume('origin', ({ id }) => third.tells(id.text, found({ sha512 })));
    await third.clock.pass(100_000);
    t.deepEqual(third.asked, [], 'nothing is left');
  });
