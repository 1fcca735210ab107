import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { soak } from './soak.js';

const usage = `node build/test/soak/run.js [--minutes N] [--requests N] [--clients N] [--ids N] [--seed N] [--json FILE]
  --minutes   how long, 60 without it
  --requests  ends it before
  --json      writes the report to FILE`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    requests: { type: 'string' },
    clients: { type: 'string', default: '24' },
    ids: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(`${usage}\n`);
else {
  const report = await soak({
    seconds: 60 * Number(values.minutes),
    ...(values.requests !== undefined && { maxRequests: Number(values.requests) }),
    clients: Number(values.clients),
    ids: Number(values.ids),
    seed: Number(values.seed),
    tell: (line) => process.stdout.write(`${line}\n`),
  });
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  const { footprints: _, ...told } = report;
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  process.exitCode = report.wrong.length > 0 ? 1 : 0;
}
