import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { catalogIndex } from './catalog-index.js';
import type { Figure } from './figure.js';
import { largeStore } from './large-store.js';
import { mergedRegistration } from './merged-registration.js';
import { quotaCost } from './quota-cost.js';
import { coldRestore } from './restore/cold-restore.js';
import { deadSourceRestore } from './restore/dead-source-restore.js';
import { farRestore } from './restore/far-restore.js';
import { warmRestore } from './restore/warm-restore.js';
import type { Row } from './row.js';

/** Every figure, in the order of the table. */
const figures: readonly Figure[] = [
  warmRestore,
  coldRestore,
  farRestore,
  mergedRegistration,
  deadSourceRestore,
  largeStore,
  quotaCost,
  catalogIndex,
];

const usage = `npm run bench -- [--only NAME]… [--json FILE] [--quick]
  --only   a figure by id or by a part of its name: ${figures.map(({ id, name }) => `${id} (${name})`).join(', ')}
  --json   write the rows to FILE
  --quick  small inputs, few rounds: tells that it works, not how fast`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(`${usage}\n`);
else await run();

async function run(): Promise<void> {
  const wanted = values.only.map((name) => name.toLowerCase());
  const chosen = figures.filter(
    ({ id, name }) =>
      wanted.length === 0 || wanted.some((one) => one === id.toLowerCase() || name.toLowerCase().includes(one)),
  );
  if (chosen.length === 0) {
    process.stderr.write(`there is no such figure\n${usage}\n`);
    process.exitCode = 2;
    return;
  }
  const startedAt = new Date().toISOString();
  const rows: Row[] = [];
  for (const figure of chosen) rows.push(...(await figure.measure({ isQuick: values.quick })));
  process.stdout.write(table(rows));
  const report = { machine: machine(), startedAt, rows };
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}, ${process.platform}`;
}

function table(rows: readonly Row[]): string {
  const lines = [['', 'figure', 'median', 'low to high', 'target', '']];
  for (const { id, name, value, low, high, unit, better, target, skipped } of rows) {
    if (value === null) {
      lines.push([id, name, 'skipped', skipped ?? '', '', '']);
      continue;
    }
    const isMet = target === null || (better === 'lower' ? value <= target : value >= target);
    const aim = target === null ? '' : `${better === 'lower' ? '<=' : '>='} ${target}`;
    lines.push([
      id,
      name,
      `${value} ${unit}`,
      `${low} to ${high}`,
      aim,
      target === null ? '' : isMet ? 'met' : 'missed',
    ]);
  }
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
