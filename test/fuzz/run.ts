import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../support/repository-root.js';
import { allTargets } from './all-targets.js';
import { tableOf } from './figures.js';
import type { Figures } from './figures.js';
import { keepFinding } from './finding.js';
import { runWatched } from './watched-run.js';

const usage = `node build/test/fuzz/run.js [--target NAME]… [--inputs N] [--seconds N] [--seed S] [--list]
  --target   a target by name or by a part of it; default: all
  --inputs   per target, default 20000
  --seconds  per target at the most, default 60
  --seed     a number; the same gives the same inputs. Default: a random one, which is printed
  --list     print the targets' names`;

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: [] },
    inputs: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const folder = join(repositoryRoot, 'build/fuzz-failures');
const numbers = { inputs: Number(values.inputs), seconds: Number(values.seconds), seed: Number(values.seed) };

if (values.help) process.stdout.write(`${usage}\n`);
else if (Object.values(numbers).some((number) => !Number.isSafeInteger(number) || number < 0)) {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
} else await run();

async function run(): Promise<void> {
  const wanted = values.target;
  const chosen = (await allTargets()).filter(
    ({ target }) => wanted.length === 0 || wanted.some((part) => target.name.includes(part)),
  );
  if (values.list || chosen.length === 0) {
    process.stdout.write(`${chosen.map(({ target }) => target.name).join('\n') || 'there is no such target'}\n`);
    process.exitCode = chosen.length === 0 ? 2 : 0;
    return;
  }
  process.stdout.write(`seed ${numbers.seed}, ${chosen.length} targets\n`);
  const all: Figures[] = [];
  for (const [place, placed] of chosen.entries()) {
    const { figures, findings } = await runWatched(placed, { ...numbers, hangMs: 5_000 });
    all.push(figures);
    process.stdout.write(
      `${place + 1}/${chosen.length} ${figures.target}: ${figures.inputs} inputs in ${figures.seconds.toFixed(1)} s\n`,
    );
    for (const finding of findings) {
      const path = await keepFinding(folder, finding);
      process.stdout.write(`  ${finding.kind}: ${finding.key}\n  ${path} (${finding.input.length} bytes)\n`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(`\n${tableOf(all)}\n${all.reduce((sum, { inputs }) => sum + inputs, 0)} inputs in all\n`);
}
