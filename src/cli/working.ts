import type { Command } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import type { Maintenance, Progress, TellProgress } from '../feed/maintenance.js';
import { atHouse } from './ask-house.js';
import type { AskingOptions } from './asking.js';
import { addStoreOptions } from './config-options.js';
import { exitCode } from './exit-code.js';
import type { ExitCode } from './exit-code.js';
import type { OwnerServer } from './owner-server.js';
import { UnansweredError } from './owner-server.js';
import { withConfig } from './with-config.js';

/** The options of a verb that works on the store: only its owner may, so there is no key to give. */
export type WorkingOptions = Omit<AskingOptions, 'key'>;

export function addWorkingOptions(command: Command): Command {
  return addStoreOptions(command).option('--json', 'print JSON').option('-q, --quiet', 'print failures only');
}

/** A piece of work in both its forms. */
export interface Working<T> {
  /** Below `api/maintenance/` of a running server. */
  readonly path: string;
  own(maintenance: Maintenance, tell: TellProgress): Promise<T>;
  /** The report for people. */
  lines(report: T): readonly string[];
  /** Whether it came to what was wanted. */
  isGood(report: T): boolean;
  /** Before the work begins. */
  readonly title: string;
}

/** Does the work through the running server or, beside none, on the store itself, and prints its report. */
export async function runWorking<T>(
  working: Working<T>,
  options: WorkingOptions,
  environment: Environment,
): Promise<ExitCode> {
  return withConfig(options, environment, async (config) => {
    const { showProgress } = await import('./progress.js');
    const progress = showProgress(working.title, process.stderr, options.quiet === true || options.json === true);
    let report: T;
    try {
      report = await atHouse(config, undefined, {
        beside: (server) => beside(server, working, progress.tell),
        alone: ({ maintenance }) => working.own(maintenance, progress.tell),
      });
    } finally {
      progress.end();
    }
    const isGood = working.isGood(report);
    if (options.json) console.log(JSON.stringify(report, undefined, 2));
    else if (!options.quiet || !isGood) for (const line of working.lines(report)) console.log(line);
    return isGood ? exitCode.done : exitCode.failed;
  });
}

/** A line of what a server tells of its work. */
interface Told<T> {
  readonly progress?: Progress;
  readonly report?: T;
  readonly problem?: { readonly detail: string };
}

async function beside<T>(server: OwnerServer, { path }: Working<T>, tell: TellProgress): Promise<T> {
  for await (const line of server.lines('POST', `api/maintenance/${path}`)) {
    const { progress, report, problem } = JSON.parse(line) as Told<T>;
    if (problem !== undefined) throw new UnansweredError(problem.detail);
    if (report !== undefined) return report;
    if (progress !== undefined) tell(progress);
  }
  throw new UnansweredError('the server broke off its work: its log may say why');
}
