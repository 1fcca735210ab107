import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { cachedDocument } from './cached-document.js';
import { cachedPackages } from './cached-packages.js';
import { catalogIndex } from './catalog-index.js';
import { coldStampede } from './cold-stampede.js';
import { connectionCounts } from './connection-counts.js';
import type { Figure } from './figure.js';
import { firstByte } from './first-byte.js';
import { largeStore } from './large-store.js';
import { mergedRegistration } from './merged-registration.js';
import { quotaCost } from './quota-cost.js';
import { measureAlone } from './measure-alone.js';
import { canPin } from './pinned.js';
import { coldRestore } from './restore/cold-restore.js';
import { deadSourceRestore } from './restore/dead-source-restore.js';
import { farRestore } from './restore/far-restore.js';
import { warmRestore } from './restore/warm-restore.js';
import type { Row } from './row.js';
import { table } from './table.js';
import { toolVersions } from './tool-versions.js';

/** Every figure, in the order of the table. */
const figures: readonly Figure[] = [
  cachedDocument,
  cachedPackages,
  warmRestore,
  coldRestore,
  farRestore,
  mergedRegistration,
  deadSourceRestore,
  largeStore,
  coldStampede,
  quotaCost,
  firstByte,
  connectionCounts,
  catalogIndex,
];

const usage = `npm run bench -- [--only NAME]… [--json FILE] [--quick]
  --only   a figure by id or by a part of its name: ${figures.map(({ id, name }) => `${id} (${name})`).join(', ')}
  --json   write the rows to FILE
  --quick  small inputs, few rounds: tells that it works, not how fast`;

const exitCode = { failed: 1, wrongUsage: 2 } as const;

// What was started is ended with this process, also when it is told to stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exitCode.failed));

try {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) process.stdout.write(`${usage}\n`);
  else await run(values.only, values.quick, values.json);
} catch (error) {
  if (!isWrongUsage(error)) throw error;
  process.stderr.write(`${error.message}\n${usage}\n`);
  process.exitCode = exitCode.wrongUsage;
}

async function run(only: readonly string[], isQuick: boolean, file: string | undefined): Promise<void> {
  const chosen = figures.filter((figure) => only.length === 0 || only.some((name) => isNamed(figure, name)));
  const unknown = only.find((name) => !figures.some((figure) => isNamed(figure, name)));
  if (unknown !== undefined) {
    process.stderr.write(`there is no such figure: ${unknown}\n${usage}\n`);
    process.exitCode = exitCode.wrongUsage;
    return;
  }
  const startedAt = new Date().toISOString();
  const rows: Row[] = [];
  for (const figure of chosen) rows.push(...(await measureAlone(figure, isQuick, process.stderr)));
  process.stdout.write(table(rows, isQuick));
  const report = { machine: await machine(), tools: await toolVersions(), startedAt, isQuick, rows };
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  if (rows.some(({ failed }) => failed !== undefined)) process.exitCode = exitCode.failed;
}

function isNamed({ id, name }: Figure, wanted: string): boolean {
  return id.toLowerCase() === wanted.toLowerCase() || name.toLowerCase().includes(wanted.toLowerCase());
}

async function machine(): Promise<string> {
  const all = cpus();
  const pinned = (await canPin()) ? 'servers and load on processors of their own' : 'servers and load not pinned';
  return `${all.length} × ${all[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}, ${process.platform}, ${pinned}`;
}

function isWrongUsage(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}
