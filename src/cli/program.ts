import { Command, CommanderError } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import { version } from '../ops/version.js';
import { addCheck } from './check.js';
import { exitCode } from './exit-code.js';
import type { Finish } from './exit-code.js';
import { addExplain } from './explain.js';
import { addGc } from './gc.js';
import { addPurge } from './purge.js';
import { addServe } from './serve.js';
import { addStats } from './stats.js';
import { addVerify } from './verify.js';

/** Runs the command line. @returns the exit code */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  let code: number = exitCode.done;
  const finish: Finish = (verbCode) => (code = verbCode);
  const program = new Command('larder')
    .description('A caching pull-through proxy and mirror for NuGet.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(larder --help tells what there is)')
    .exitOverride();
  addServe(program, environment, finish);
  addCheck(program, environment, finish);
  addExplain(program, environment, finish);
  addStats(program, environment, finish);
  addVerify(program, environment, finish);
  addGc(program, environment, finish);
  addPurge(program, environment, finish);
  for (const verb of program.commands) {
    verb.version(version, '-V, --version', 'print the version');
    verb.exitOverride();
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end here too, and are what was asked for.
    return error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage;
  }
  return code;
}
