import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isSound } from '../../../src/feed/verify-report.js';
import { verifyStore } from '../../../src/feed/verify-store.js';
import { repositoryRoot } from '../../support/repository-root.js';
import type { Reply } from '../../support/larder.js';
import { ask, askUntil, askVerdict, getUntil, isWell } from './asking.js';
import type { MatrixFault } from './fault.js';
import { isAnswer, isRight, toldCold, toldOutcome, toldWarm } from './outcome.js';
import type { Outcome } from './outcome.js';
import { startWorld } from './world.js';
import type { Cell, World } from './world.js';

/** A cell as printed, by the column's name. */
export type Row = ReadonlyMap<string, string>;

const dayMs = 86_400_000;
/** Longer than an absence, a search or a source's rest are kept. */
const restMs = 31_000;

/**
 * Lives through one fault in all columns at once: met with nothing kept, lifted, met again with everything kept and old, lifted. What must
 * hold of every answer is asserted here; what it was is returned.
 */
export async function liveThrough(t: ExecutionContext, fault: MatrixFault, slowness = 1): Promise<Row> {
  const world = await startWorld(t, { way: fault.way, traits: fault.traits, slowness });
  const cells = world.cells.filter(({ resource }) => fault.notFor?.[resource.name] === undefined);

  if (fault.indexAgeMs !== undefined) {
    await each(cells, (cell) => readIndex(t, cell, world));
    world.clock.advance(fault.indexAgeMs);
  }
  await fault.begin(world);
  const cold = await each(cells, async (cell) => {
    const [whole, verdict] = await Promise.all([ask(cell, world.larder), askVerdict(cell, world.larder)]);
    assertCold(t, fault, cell, whole, 'cold');
    if (verdict === undefined) return toldCold(whole);
    if (!isAnswer(verdict) || verdict.status !== 206) assertCold(t, fault, cell, verdict, 'cold, the last byte');
    return toldCold(verdict);
  });
  await assertStored(t, fault, world, cells, 'cold');
  await fault.end(world);
  await recover(t, fault, world, cells, 'cold');

  await each(cells, (cell) => keepAll(t, cell, world));
  for (const { resource, source } of cells) if (resource.news !== undefined) source.add(resource.news);
  world.clock.advance(dayMs);
  await fault.begin(world);
  const warm = await each(cells, async (cell) => {
    const first = await ask(cell, world.larder);
    assertWarm(t, fault, cell, first, 'warm, at first');
    // A refresh may go on behind the first answer.
    const settled = isSettled(first) ? first : await askUntil(cell, world, isSettled);
    assertWarm(t, fault, cell, settled, 'warm');
    return toldWarm(cell, settled);
  });
  await assertStored(t, fault, world, cells, 'warm');
  await fault.end(world);
  await recover(t, fault, world, cells, 'warm');
  return new Map(
    world.cells.map((cell) => {
      const place = cells.indexOf(cell);
      return [cell.resource.name, place < 0 ? 'n/a' : `${cold[place]} / ${warm[place]}`];
    }),
  );
}

const each = <T>(cells: readonly Cell[], live: (cell: Cell) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(cells.map(live));

/** Nothing is under way behind it any more, or a failure was told. */
const isSettled = (outcome: Outcome) =>
  isAnswer(outcome) && (outcome.headers['x-cache'] !== 'STALE' || outcome.headers['x-nuget-warning'] !== undefined);

/** Codes that a client may be told of a source; read where they are promised. */
const toldCodes: ReadonlySet<string> = new Set(
  [
    ...readFileSync(join(repositoryRoot, 'docs/errors.md'), 'utf8').matchAll(/^\| `([a-z-]+)` +\| (50[234]) /gm),
  ].flatMap(([, code = '']) => (code === 'store-failed' || code === 'offline-miss' ? [] : [code])),
);

function assertCold(t: ExecutionContext, fault: MatrixFault, cell: Cell, outcome: Outcome, when: string): unknown {
  const what = `${fault.name}, ${cell.resource.name}, ${when}: ${toldOutcome(outcome)}`;
  if (!isAnswer(outcome)) return t.is(cell.resource.name, 'nupkg', what);
  if (outcome.status === 200) return t.true(isRight(cell, outcome), `${what}: ${shown(outcome)}`);
  t.is(outcome.headers['content-type'], 'application/problem+json', what);
  t.is(outcome.headers['cache-control'], 'no-store', what);
  const problem = outcome.json<{ code: string; source?: string; status: number; detail: string }>();
  if (outcome.status === 404) return t.true(fault.saysAbsent === true && cell.resource.mayBeAbsent, what);
  t.true([502, 503, 504].includes(outcome.status), what);
  t.is(problem.status, outcome.status, what);
  t.true(toldCodes.has(problem.code), `${what}: ${outcome.text()}`);
  t.is(problem.source, cell.resource.feed, `${what}: ${outcome.text()}`);
  return outcome.status !== 503 || t.regex(String(outcome.headers['retry-after']), /^[1-9]\d*$/, what);
}

function assertWarm(t: ExecutionContext, fault: MatrixFault, cell: Cell, outcome: Outcome, when: string): void {
  const what = `${fault.name}, ${cell.resource.name}, ${when}: ${toldOutcome(outcome)}`;
  const isGood = isRight(cell, outcome) || isKeptOn(fault, cell, outcome);
  t.true(isGood, isAnswer(outcome) ? `${what}: ${shown(outcome)}` : what);
  if (!isAnswer(outcome)) return;
  const warning = outcome.headers['x-nuget-warning'];
  if (warning !== undefined) t.is(outcome.headers['x-cache'], 'STALE', what);
  if (warning !== undefined) t.true(String(warning).includes(cell.resource.feed), `${what}: ${String(warning)}`);
}

/** The beginning of what is text. */
const shown = ({ headers, body }: Reply) =>
  /json|xml/.test(String(headers['content-type'])) ? body.toString('utf8', 0, 300) : `${body.length} bytes`;

/** The leaf of a package that its source says it has no more, made of what is kept: restored on, and not found by searches. */
function isKeptOn({ saysAbsent }: MatrixFault, cell: Cell, outcome: Outcome): boolean {
  if (saysAbsent !== true || cell.resource.name !== 'registration leaf' || !isAnswer(outcome)) return false;
  const relisted = { ...outcome.json(), listed: true };
  return !outcome.json<{ listed: boolean }>().listed && isRight(cell, { ...outcome, json: <T>() => relisted as T });
}

/** What is stored is right or is nothing: as a Larder tells it that asks nobody, and as a verification finds it. */
async function assertStored(
  t: ExecutionContext,
  fault: MatrixFault,
  world: World,
  cells: readonly Cell[],
  when: 'cold' | 'warm',
): Promise<void> {
  const offline = await world.startOffline();
  await each(cells, async (cell) => {
    const { resource, source } = cell;
    const outcome = await ask(cell, offline);
    const what = `${fault.name}, ${resource.name}, ${when}, offline: ${toldOutcome(outcome)}`;
    const isAbsence = isAnswer(outcome) && outcome.status === 404 && fault.saysAbsent === true && resource.mayBeAbsent;
    const isMiss = isAnswer(outcome) && outcome.status === 504 && outcome.text().includes('"offline-miss"');
    t.true(
      isRight(cell, outcome) || isKeptOn(fault, cell, outcome) || (when === 'cold' && (isMiss || isAbsence)),
      what,
    );
    for await (const row of world.store.packages.list())
      if (row.source === resource.feed)
        t.is(row.sha512, source.package(resource.id, row.identity.version.normalized).sha512, what);
  });
  const verification = verifyStore(world);
  let step = await verification.next();
  while (step.done !== true) step = await verification.next();
  t.true(isSound(step.value), `${fault.name}, ${when}: ${JSON.stringify(step.value)}`);
}

async function recover(
  t: ExecutionContext,
  fault: MatrixFault,
  world: World,
  cells: readonly Cell[],
  when: string,
): Promise<void> {
  world.clock.advance(fault.overAfterMs ?? restMs);
  await each(cells, async (cell) => {
    const outcome = await askUntil(cell, world, (one) => isWell(cell, one));
    t.true(
      isWell(cell, outcome),
      `${fault.name}, ${cell.resource.name}, lifted after ${when}: ${toldOutcome(outcome)}`,
    );
  });
}

/** Asks for what is not there, so that nothing but the source's index is known. */
async function readIndex(t: ExecutionContext, { resource }: Cell, { larder }: World): Promise<void> {
  const { status } = await getUntil(larder, `feeds/${resource.feed}/v3/flat/nobody.here/index.json`, 404);
  t.is(status, 404, resource.name);
}

/** Lets everything of a cell's id be kept: documents and packages. */
async function keepAll(t: ExecutionContext, { resource }: Cell, { larder }: World): Promise<void> {
  const { feed, versions } = resource;
  const id = resource.id.toLowerCase();
  const paths = [
    `flat/${id}/index.json`,
    `registration-semver2/${id}/index.json`,
    ...versions.map((version) => `flat/${id}/${version}/${id}.${version}.nupkg`),
  ];
  for (const path of paths) {
    const reply = await getUntil(larder, `feeds/${feed}/v3/${path}`, 200);
    t.is(reply.status, 200, `${resource.name}: ${path}: ${shown(reply)}`);
  }
}
