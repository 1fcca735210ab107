import type { Command } from 'commander';
import { serve } from '../compose.js';
import type { Environment } from '../config/environment-layer.js';
import type { ConfigFlags } from '../config/flag-layer.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { compileLater } from '../ops/compile-later.js';
import { untilStopped } from '../ops/lifecycle.js';
import { version } from '../ops/version.js';
import { reportMistakes } from './config-failure.js';
import { addConfigOptions } from './config-options.js';
import { exitCode, type ExitCode } from './exit-code.js';
import type { Finish } from './exit-code.js';
import { firstLines } from './first-lines.js';
import { startFailure } from './start-failure.js';

interface ServeOptions extends ConfigFlags {
  readonly quiet?: boolean;
}

/** `larder serve`: run the server until SIGTERM or SIGINT. */
export function addServe(program: Command, environment: Environment, finish: Finish): void {
  addConfigOptions(program.command('serve'))
    .description('serve the configured feeds')
    .option('-q, --quiet', 'do not print the addresses at the start')
    .action(async (options: ServeOptions) => finish(await runServe(options, environment)));
}

async function runServe(options: ServeOptions, environment: Environment): Promise<ExitCode> {
  compileLater();
  let config: Config;
  try {
    ({ config } = await loadConfig(options, environment));
  } catch (error) {
    return reportMistakes(error);
  }
  try {
    const server = await serve(config, version);
    // Listen to signals before the first line is out: who reads it may send one at once.
    const stopped = untilStopped(server);
    if (!options.quiet) for (const line of firstLines(config, server.url)) console.log(line);
    await stopped;
    return exitCode.done;
  } catch (error) {
    console.error(`larder: ${startFailure(error, config)}`);
    return exitCode.failed;
  }
}
