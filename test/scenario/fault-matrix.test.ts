import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { repositoryRoot } from '../support/repository-root.js';
import { allFaults } from './fault-matrix/all-faults.js';
import { resources } from './fault-matrix/resource.js';
import { liveThrough } from './fault-matrix/row.js';
import type { Row } from './fault-matrix/row.js';
import { isAsPromised, readTable, renderTable } from './fault-matrix/table.js';
import { createTurns } from './fault-matrix/turns.js';

const page = join(repositoryRoot, 'docs/fault-matrix.md');
const columns = resources.map(({ name }) => name);
const text = readFileSync(page, 'utf8');
const promised = readTable(text);
/** Writes what was seen into the page, in place of comparing it. */
const isWriting = process.env['TEST_MATRIX_WRITE'] === '1';
const seen = new Map<string, Row>();

const inTurn = createTurns(8);
/** Where a machine is too busy for the scaled-down time limits, a row is lived through again, one at a time and more slowly. */
const alone = createTurns(1);
const slownesses = [2, 6];

for (const fault of allFaults)
  test(`traps 9, 14, 21, 38: ${fault.name}: nothing wrong is said, sent or kept, what is kept is served on, and it passes`, async (t) => {
    t.timeout(600_000);
    let row = await inTurn(() => liveThrough(t, fault));
    const expected = promised.rows.get(fault.name);
    for (const slowness of slownesses)
      if (!isAsPromised(row, expected)) row = await alone(() => liveThrough(t, fault, slowness));
    seen.set(fault.name, row);
    for (const [column, cell] of row) t.log(`${column}: ${cell}`);
    if (!isWriting && !isAsPromised(row, expected))
      t.deepEqual(row, expected, 'docs/fault-matrix.md says otherwise: TEST_MATRIX_WRITE=1 writes it anew');
  });

test('the page on faults has the rows and columns of the code, and no others', (t) => {
  if (isWriting) return t.pass();
  t.deepEqual(promised.columns, columns);
  t.deepEqual(
    [...promised.rows.keys()],
    allFaults.map(({ name }) => name),
  );
  t.is(new Set(allFaults.map(({ name }) => name)).size, allFaults.length);
});

test.after.always('the table is printed', () => {
  const inOrder = new Map(allFaults.flatMap(({ name }) => (seen.has(name) ? [[name, seen.get(name) as Row]] : [])));
  const table = renderTable(columns, inOrder);
  if (process.env['TEST_MATRIX_PRINT'] === '1') process.stdout.write(`${table}\n`);
  if (isWriting) writeFileSync(page, `${text.slice(0, text.indexOf('\n|')).trimEnd()}\n\n${table}\n`);
});
