import type { Command } from 'commander';
import { keyVariable } from '../config/environment-layer.js';
import type { Environment } from '../config/environment-layer.js';
import type { ConfigFlags } from '../config/flag-layer.js';
import { askHouse } from './ask-house.js';
import type { Asking } from './ask-house.js';
import { addStoreOptions } from './config-options.js';
import { exitCode } from './exit-code.js';
import type { ExitCode } from './exit-code.js';
import { withConfig } from './with-config.js';

/** The options of a verb that asks. */
export interface AskingOptions extends ConfigFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly key?: string;
}

export function addAskingOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--key <key>', `access key for the running server (default: ${keyVariable})`)
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'print failures only');
}

/** Asks and prints the answer: the running server's or, beside none, the store's own. */
export async function runAsking<T>(
  asking: Asking<T>,
  lines: (answer: T) => readonly string[],
  options: AskingOptions,
  environment: Environment,
): Promise<ExitCode> {
  return withConfig(options, environment, async (config) => {
    const answer = await askHouse(config, asking, options.key ?? (environment[keyVariable] || undefined));
    if (options.quiet) return exitCode.done;
    if (options.json) console.log(JSON.stringify(answer, undefined, 2));
    else for (const line of lines(answer)) console.log(line);
    return exitCode.done;
  });
}
