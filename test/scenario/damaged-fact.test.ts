import { Writable } from 'node:stream';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { createLog } from '../../src/ops/log.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { filledStore } from '../support/damaged-store.js';
import { startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { withMeta } from '../support/level-files.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';

const list = 'v3/flat/alpha/index.json';
const registration = 'v3/registration-semver2/alpha/index.json';

/** What may become of a row: its bytes cut short, or one of them another. */
const damages: Readonly<Record<string, (row: Buffer) => Buffer>> = {
  'cut short': (row) => row.subarray(0, Math.floor(row.length / 2)),
  'of which one bit is turned': (row) => {
    const turned = Buffer.from(row);
    const at = Math.floor(turned.length / 2);
    turned[at] = (turned[at] ?? 0) ^ 1;
    return turned;
  },
};

interface Damaged {
  readonly source: ScriptedSource;
  readonly larder: LarderUnderTest;
  readonly lines: readonly string[];
}

/** A Larder of which the rows under a prefix are damaged. */
async function startDamaged(
  t: ExecutionContext,
  prefix: string,
  damage: (row: Buffer) => Buffer,
  isAway = false,
): Promise<Damaged> {
  const source = await startScriptedSource({
    packages: ['1.0.0', '2.0.0'].map((version) => ({ id: 'Alpha', version })),
  });
  t.teardown(() => source.close());
  const sources = { origin: source };
  const path = await filledStore(t, { sources }, [list, registration]);
  await withMeta(path, async (meta) => {
    const rows = await meta.iterator({ gte: prefix, lt: `${prefix}~` }).all();
    t.true(rows.length > 0, prefix);
    for (const [key, row] of rows) await meta.put(key, damage(row));
  });
  source.requests.length = 0;
  if (isAway) await source.close();
  const lines: string[] = [];
  const sink = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(line.toString());
      done();
    },
  });
  const log = createLog({ level: 'error', format: 'json', secrets: () => [] }, sink);
  const store = await openLevelStore(path, { now: Date.now });
  return { source, larder: await startLarder(t, { sources, store, log }), lines };
}

for (const [kind, damage] of Object.entries(damages))
  for (const [what, prefix, path] of [
    ['a version list', 'fact/origin/versions/alpha', list],
    ['the head of a registration', 'fact/origin/registration/alpha', registration],
    ['a part of a registration', 'part/origin/registration/alpha', registration],
  ] as const) {
    test(`${what} ${kind} counts as not kept: it is asked again, replaced, and told once`, async (t) => {
      const { larder, source, lines } = await startDamaged(t, prefix, damage);
      for (let round = 0; round < 3; round++) {
        const reply = await larder.get(path);
        t.is(reply.status, 200);
        t.regex(reply.text(), /2\.0\.0/);
      }
      t.true(source.requests.some(({ path: asked }) => asked.includes('/alpha/')));
      const asked = source.requests.length;
      t.is((await larder.get(path)).status, 200);
      t.is(source.requests.length, asked, 'it is kept again');
      t.is(lines.filter((line) => line.includes('is damaged in the store')).length, 1);
      t.is(lines.filter((line) => /the store fails|error of our own/.test(line)).length, 0);
      t.is((await larder.get('health/ready')).json()['status'], 'ok');
    });

    test(`${what} ${kind} while the source is away: 503 that says so`, async (t) => {
      const { larder } = await startDamaged(t, prefix, damage, true);
      const reply = await larder.get(path);
      t.is(reply.status, 503);
      t.like(reply.json(), { code: 'source-unreachable', source: 'origin' });
    });
  }
