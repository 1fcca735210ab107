import { Writable } from 'node:stream';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { explanationSchema, statusSchema } from '../../src/http/api/schemas.js';
import { createLog } from '../../src/ops/log.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { askApi } from '../http/api-answer.js';
import { damageChunks, filledStore } from '../support/damaged-store.js';
import { eventually } from '../support/eventually.js';
import { startLarder } from '../support/larder.js';
import type { LarderUnderTest, Reply } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';

const nupkg = 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg';
const list = 'v3/flat/alpha/index.json';
const readmeText = '# Alpha\n';
/** Four chunks of the store: the first and the last hold more than filler. */
const fillerBytes = 900_000;

interface Damaged {
  readonly source: ScriptedSource;
  readonly larder: LarderUnderTest;
  readonly bytes: Buffer;
  /** Lines of the log that tell of damage. */
  readonly tellings: () => readonly string[];
}

/** A Larder whose kept copy of one package has these chunks damaged. */
async function startDamaged(
  t: ExecutionContext,
  chunks: readonly number[],
  { isAway = false, config = {} }: { isAway?: boolean; config?: Readonly<Record<string, unknown>> } = {},
): Promise<Damaged> {
  const source = await startScriptedSource({
    packages: [
      {
        ...{ id: 'Alpha', version: '1.0.0', fillerBytes },
        nuspecExtras: '<readme>README.md</readme><icon>icon.png</icon><license type="file">LICENSE.txt</license>',
        files: { 'README.md': readmeText, 'icon.png': 'icon', 'LICENSE.txt': 'MIT' },
      },
    ],
  });
  t.teardown(() => source.close());
  const sources = { origin: source };
  const path = await filledStore(t, { sources }, [list, nupkg]);
  await damageChunks(path, ...chunks);
  if (isAway) await source.close();
  source.requests.length = 0;
  const lines: string[] = [];
  const sink = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(line.toString());
      done();
    },
  });
  const log = createLog({ level: 'error', format: 'json', secrets: () => [] }, sink);
  const store = await openLevelStore(path, { now: Date.now });
  const larder = await startLarder(t, { sources, store, log, config });
  const tellings = () => lines.filter((line) => line.includes('is damaged'));
  return { source, larder, bytes: source.package('Alpha', '1.0.0').bytes, tellings };
}

const outcome = (larder: LarderUnderTest, path = nupkg): Promise<Reply | Error> =>
  larder.get(path).catch((error: unknown) => error as Error);

const explained = (t: ExecutionContext, larder: LarderUnderTest) =>
  askApi(t, larder, 'explain/alpha/1.0.0', explanationSchema);

test('damage in the first chunk: the same request is answered with good bytes, fetched anew', async (t) => {
  const { larder, bytes, source, tellings } = await startDamaged(t, [0]);
  const reply = await larder.get(nupkg);
  t.is(reply.status, 200);
  t.true(reply.body.equals(bytes));
  t.is(reply.headers['x-cache'], 'MISS');
  t.is(source.count('.nupkg'), 1);
  const again = await larder.get(nupkg);
  t.is(again.headers['x-cache'], 'HIT');
  t.true(again.body.equals(bytes));
  t.is(tellings().length, 1);
  const told = await explained(t, larder);
  t.true(told.cached);
  t.like(told.damage, { source: 'origin', sha512: source.package('Alpha', '1.0.0').sha512 });
  t.is(typeof told.damage?.healedAt, 'string');
  t.is((await askApi(t, larder, 'status', statusSchema)).damaged, 1);
});

test('damage in a later chunk: the connection breaks off, no client takes the part for the whole, and the next request is good', async (t) => {
  const { larder, bytes, tellings } = await startDamaged(t, [2]);
  const broken = await outcome(larder);
  t.true(broken instanceof Error, 'the body did not come to an end');
  const reply = await larder.get(nupkg);
  t.is(reply.status, 200);
  t.true(reply.body.equals(bytes));
  t.is(tellings().length, 1);
});

test('many readers who meet the damage at once fetch it once, and it is told once', async (t) => {
  const { larder, bytes, source, tellings } = await startDamaged(t, [0]);
  const replies = await Promise.all(Array.from({ length: 20 }, () => outcome(larder)));
  for (const reply of replies) t.true(!(reply instanceof Error) && reply.status === 200 && reply.body.equals(bytes));
  t.is(source.count('.nupkg'), 1);
  t.is(tellings().length, 1);
});

test('while the source is away a damaged copy is an error that says what happened, never bytes', async (t) => {
  const { larder, source, bytes } = await startDamaged(t, [0], { isAway: true });
  for (let i = 0; i < 2; i++) {
    const reply = await larder.get(nupkg);
    t.is(reply.status, 503);
    const problem = reply.json<{ code: string; detail: string; source: string }>();
    t.is(problem.code, 'source-unreachable');
    t.is(problem.source, 'origin');
    t.regex(problem.detail, /kept here proved damaged and was forgotten; origin/);
  }
  t.is((await explained(t, larder)).damage?.healedAt, undefined);
  await source.reopen();
  const back = await eventually(
    () => larder.get(nupkg),
    ({ status }) => status === 200,
  );
  t.true(back.body.equals(bytes), 'and it heals when the source is back');
});

test('offline a damaged copy is an error that says so', async (t) => {
  const { larder } = await startDamaged(t, [0], { config: { offline: true } });
  const reply = await larder.get(nupkg);
  t.is(reply.status, 504);
  const problem = reply.json<{ code: string; detail: string }>();
  t.is(problem.code, 'offline-miss');
  t.regex(problem.detail, /kept here proved damaged/);
});

test('a damaged copy that the source does not have any more is a failure, not an absence', async (t) => {
  const { larder, source } = await startDamaged(t, [0]);
  source.fault('.nupkg', { status: 404 });
  const reply = await larder.get(nupkg);
  t.is(reply.status, 502);
  t.is(reply.json()['code'], 'damaged-copy');
});

/** The directory, the nuspec's entry, or what else it holds: the last chunk has the directory, the first the nuspec. */
for (const [file, chunk] of [
  ['alpha.nuspec', 0],
  ['alpha.nuspec', 3],
  ['readme', 3],
  ['icon', 3],
  ['license', 3],
] as const)
  test(`${file} out of a package whose chunk ${chunk} is damaged comes from good bytes, fetched anew`, async (t) => {
    const { larder, source, tellings } = await startDamaged(t, [chunk]);
    const reply = await larder.get(`v3/flat/alpha/1.0.0/${file}`);
    t.is(reply.status, 200);
    if (file === 'readme') t.is(reply.text(), readmeText);
    t.is(source.count('.nupkg'), 1);
    t.is(tellings().length, 1);
    t.is((await larder.get(nupkg)).headers['x-cache'], 'HIT');
  });

test('a file out of a damaged package while the source is away is an error that says so', async (t) => {
  const { larder } = await startDamaged(t, [3], { isAway: true });
  const reply = await larder.get('v3/flat/alpha/1.0.0/readme');
  t.is(reply.status, 503);
  t.regex(reply.json<{ detail: string }>().detail, /proved damaged/);
});

test('a page on a damaged package is shown without what would come from it', async (t) => {
  const { larder, tellings } = await startDamaged(t, [3]);
  const page = await larder.get('packages/alpha/1.0.0');
  t.is(page.status, 200);
  t.is(tellings().length, 1);
});

test('damage that search meets when it reads what is kept is told and forgotten like any other', async (t) => {
  const { larder, tellings, bytes } = await startDamaged(t, [3]);
  await eventually(
    async () => tellings().length,
    (count) => count === 1,
  );
  t.false((await explained(t, larder)).cached);
  t.true((await larder.get(nupkg)).body.equals(bytes));
});
