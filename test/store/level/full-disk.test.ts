import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import test from 'ava';
import { factKey, partKey } from '../../../src/store/keys.js';
import type { Note } from '../../../src/store/level/note.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { withMeta } from '../../support/level-files.js';
import { keep, listKeys, readAll, samplePackage } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Sets the largest file that this process may write, from now on. The kernel then fails writes as a full disk would. */
function limitFileBytes(limit: number | 'unlimited'): boolean {
  return spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${limit}:`]).status === 0;
}

const canLimit = limitFileBytes('unlimited');
const withLimits = canLimit ? test.serial : test.serial.skip;

withLimits(
  `a disk that refuses writes fails what is being written, not what is kept, and heals when it takes them again${canLimit ? '' : ' — skipped: prlimit is not on the PATH'}`,
  async (t) => {
    const path = await temporaryDirectory(t);
    const told: Note[] = [];
    const store = await openLevelStore(path, { now: Date.now, tell: (note) => told.push(note) });
    t.teardown(() => store.close());
    t.teardown(() => limitFileBytes('unlimited'));
    const before = samplePackage('Before', '1.0.0', 1_500_000);
    await keep(store.packages, before);
    const joined = store.packages.begin();
    await joined.append(before.bytes.subarray(0, 1000));

    t.true(limitFileBytes(1_000_000));
    const during = samplePackage('During', '1.0.0', 3_000_000);
    const failing = store.packages.begin();
    await t.throwsAsync(async () => {
      await failing.append(during.bytes);
      await failing.commit(during.facts);
    });
    await t.throwsAsync(() => failing.commit(during.facts));
    await failing.abort();
    await t.throwsAsync(() => keep(store.packages, samplePackage('Small', '1.0.0', 100)));
    t.deepEqual(store.health(), {
      state: 'degraded',
      reason: 'a file would become larger than this process may write',
    });
    t.is(told.length, 1);
    t.regex(told[0]?.text ?? '', /^the store cannot write: .*served on$/);
    t.deepEqual(await listKeys(store.packages), ['before/1.0.0']);
    t.true((await readAll(store.packages, (await store.packages.find(before.facts.identity))!)).equals(before.bytes));

    t.true(limitFileBytes('unlimited'));
    const after = samplePackage('After', '1.0.0', 1_500_000);
    t.true((await readAll(store.packages, await keep(store.packages, after))).equals(after.bytes));
    const row = await joined.commit({ ...before.facts, identity: samplePackage('Joined', '1.0.0', 0).facts.identity });
    t.is(row.size, 1000);
    t.deepEqual(store.health(), { state: 'ok' });
    t.deepEqual(
      told.map(({ level }) => level),
      ['error', 'info'],
    );
    await store.close();

    const reopened = await openLevelStore(path, { now: Date.now });
    t.teardown(() => reopened.close());
    t.deepEqual(await listKeys(reopened.packages), ['after/1.0.0', 'before/1.0.0', 'joined/1.0.0']);
    for (const sample of [before, after]) {
      const kept = await reopened.packages.find(sample.facts.identity);
      t.true((await readAll(reopened.packages, kept!)).equals(sample.bytes));
    }
  },
);

withLimits(
  `a fact whose first write ended halfway leaves nothing behind once it is written again${canLimit ? '' : ' — skipped: prlimit is not on the PATH'}`,
  async (t) => {
    const path = await temporaryDirectory(t);
    const store = await openLevelStore(path, { now: Date.now });
    t.teardown(() => limitFileBytes('unlimited'));
    const large = { source: 'origin', kind: 'registration', name: 'large' } as const;
    const fact = { state: 'found', checkedAtMs: 1, validators: {}, head: {} } as const;
    t.is(await store.facts.read(large), undefined);
    t.true(limitFileBytes(1_500_000));
    const parts = Array.from({ length: 10 }, () => randomBytes(400_000));
    await t.throwsAsync(() => store.facts.write(large, { ...fact, parts }));
    t.true(limitFileBytes('unlimited'));
    t.is(await store.facts.read(large), undefined);
    const written = await store.facts.write(large, { ...fact, parts: [Buffer.from('whole')] });
    t.is((await store.facts.readPart(written, 0))?.toString(), 'whole');
    await store.close();
    const keys = await withMeta(path, (meta) => meta.keys().all());
    t.deepEqual(
      keys.filter((key) => key.includes('large')),
      [factKey(large), partKey(large, written.epoch, 0)],
    );
  },
);
