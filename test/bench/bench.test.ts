import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { skipBecause } from '../support/skip-because.js';
import type { Registration } from '../support/skip-because.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { whyMissing } from './missing-tool.js';
import { whyNoNginx } from './nginx.js';
import type { Row } from './row.js';

const program = fileURLToPath(new URL('bench.js', import.meta.url));
const run = promisify(execFile);

const reason = (await whyNoNginx()) ?? (await whyMissing('wrk'));
const testWithPeers: Registration = reason === undefined ? test : skipBecause(reason);

interface Report {
  readonly machine: string;
  readonly tools: Readonly<Record<string, string | null>>;
  readonly startedAt: string;
  readonly rows: readonly Row[];
}

/** Without tools that lie on the PATH alone. */
const withoutTools = { ...process.env, PATH: '' };
const loadFigures = ['P1', 'P2', 'P8', 'P10', 'P11'];
/** The rows of the contract. */
const promised = ['P1a', 'P2a', 'P2g', 'P8a', 'P8b', 'P10a', 'P11a'];

async function bench(args: readonly string[], env = process.env) {
  const file = join(await mkdtemp(join(tmpdir(), 'larder-test-')), 'rows.json');
  try {
    const { stdout, stderr } = await run(process.execPath, [program, '--quick', '--json', file, ...args], { env });
    return { code: 0, stdout, stderr, ...(JSON.parse(await readFile(file, 'utf8')) as Report) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr, ...(JSON.parse(await readFile(file, 'utf8')) as Report) };
  } finally {
    await rm(join(file, '..'), { recursive: true, force: true });
  }
}

const only = (ids: readonly string[]) => ids.flatMap((id) => ['--only', id]);

test('the benchmark prints a table and writes its rows', async (t) => {
  const file = join(await temporaryDirectory(t), 'rows.json');
  const { stdout } = await run(process.execPath, [program, '--quick', '--only', 'P5', '--json', file]);
  t.regex(stdout, /median +low to high +target/);
  t.regex(stdout, /^P5a +merged registration/m);
  const { machine, startedAt, rows } = JSON.parse(await readFile(file, 'utf8')) as {
    machine: string;
    startedAt: string;
    rows: Record<string, unknown>[];
  };
  t.regex(machine, /Node v/);
  t.false(Number.isNaN(Date.parse(startedAt)));
  t.deepEqual(
    rows.map(({ id }) => id),
    ['P5a', 'P5b', 'P5c', 'P5d'],
  );
  for (const { name, value, low, high, unit, better, target, peer } of rows) {
    t.is(typeof name, 'string');
    for (const number of [value, low, high, target]) t.true(typeof number === 'number' && number >= 0);
    t.true((low as number) <= (value as number) && (value as number) <= (high as number));
    t.deepEqual([unit, better, peer], ['ms', 'lower', null]);
  }
});

test('a figure that does not exist is a wrong usage', async (t) => {
  const error = await t.throwsAsync<Error & { code?: number; stderr?: string }>(
    run(process.execPath, [program, '--only', 'nothing']),
  );
  t.is(error.code, 2);
  t.regex(error.stderr ?? '', /no such figure/);
});

testWithPeers('rows of a load are measured beside nginx', async (t) => {
  const { code, rows, stderr, tools } = await bench(only(loadFigures));
  t.is(code, 0, stderr);
  t.deepEqual(
    rows.filter(({ id }) => promised.includes(id)).map(({ id }) => id),
    promised,
  );
  for (const { id, value, low, high, target, skipped, failed } of rows) {
    t.is(failed, undefined, id);
    if (skipped !== undefined) continue;
    t.true(typeof value === 'number' && value >= 0, id);
    t.true((low as number) <= (value as number) && (value as number) <= (high as number), id);
    t.is(typeof target === 'number', promised.includes(id), id);
  }
  t.is(rows.find(({ id }) => id === 'P8a')?.value, 1);
  t.regex(tools['nginx'] ?? '', /^\d+\.\d+/);
  t.regex(tools['wrk'] ?? '', /^\d+\.\d+/);
  t.regex(stderr, /^P1 a cached document: round 2 of 2$/m);
});

test('a figure whose peer is missing says which, and the benchmark goes on', async (t) => {
  const { code, stdout, rows } = await bench(only(['P1', 'P2', 'P11', 'C1']), withoutTools);
  t.is(code, 0);
  for (const id of ['P1a', 'P2a', 'P2g', 'P11a'])
    t.regex(
      rows.find((row) => row.id === id)?.skipped ?? '',
      /^(nginx|wrk) is missing: apt-get install |^nginx is measured on/,
      id,
    );
  t.regex(stdout, /^P1a +cached 3 KB document: requests\/s over nginx +skipped +nginx |wrk /m);
  t.is(typeof rows.find(({ id }) => id === 'C1a')?.value, 'number');
});

test('a figure that breaks says so in its row, the others are measured, and the exit code is 1', async (t) => {
  const file = join(await temporaryDirectory(t), 'a file');
  await writeFile(file, '');
  // What wants a directory of its own does not get one.
  const { code, rows, stdout, stderr } = await bench(only(['P5', 'C1']), { ...process.env, TMPDIR: file });
  t.is(code, 1);
  t.regex(rows.find(({ id }) => id === 'P5')?.failed ?? '', /ENOTDIR/);
  t.regex(stdout, /^P5 +merged registration of three sources +failed +ENOTDIR/m);
  t.regex(stderr, /P5 merged registration of three sources: Error: ENOTDIR.*\n +at /);
  t.is(typeof rows.find(({ id }) => id === 'C1a')?.value, 'number');
});

test('options that do not exist are a wrong usage', async (t) => {
  const error = await t.throwsAsync<Error & { code?: number; stderr?: string }>(
    run(process.execPath, [program, '--fast']),
  );
  t.is(error.code, 2);
  t.regex(error.stderr ?? '', /--fast[\s\S]*npm run bench/);
});
