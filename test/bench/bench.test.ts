import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { temporaryDirectory } from '../support/temporary-directory.js';

const program = fileURLToPath(new URL('bench.js', import.meta.url));
const run = promisify(execFile);

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
