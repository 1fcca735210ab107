import type { Command } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import type { Insight, Status } from '../feed/insight.js';
import { addAskingOptions, runAsking } from './asking.js';
import type { AskingOptions } from './asking.js';
import type { Finish } from './exit-code.js';

/** `larder stats`: what is kept, and what passed through since the start. */
export function addStats(program: Command, environment: Environment, finish: Finish): void {
  addAskingOptions(program.command('stats'))
    .description('print how much is kept, and what passed through since the start')
    .action(async (options: AskingOptions) => {
      const asking = {
        path: 'api/status',
        own: (insight: Insight) => insight.status(),
        absence: 'there are no numbers',
      };
      finish(await runAsking<Status>(asking, statusLines, options, environment));
    });
}

/** One line a number, in two columns. */
function statusLines({ prefetch, ...status }: Status): string[] {
  const rows: [name: string, value: string][] = Object.entries(status).map(([name, value]) => [
    name,
    value === null ? '(not set)' : String(value),
  ]);
  for (const [name, value] of Object.entries(prefetch)) rows.push([`prefetch.${name}`, String(value)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
