import type { Environment } from '../config/environment-layer.js';
import type { ConfigFlags } from '../config/flag-layer.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { reportMistakes } from './config-failure.js';
import { exitCode } from './exit-code.js';
import type { ExitCode } from './exit-code.js';
import { UnansweredError } from './owner-server.js';
import { startFailure } from './start-failure.js';

/** Loads the configuration and works with it; what goes wrong is told in one line. @returns what the process ends with */
export async function withConfig(
  flags: ConfigFlags,
  environment: Environment,
  work: (config: Config) => Promise<ExitCode>,
): Promise<ExitCode> {
  let config: Config;
  try {
    ({ config } = await loadConfig(flags, environment));
  } catch (error) {
    return reportMistakes(error);
  }
  try {
    return await work(config);
  } catch (error) {
    console.error(`larder: ${error instanceof UnansweredError ? error.message : startFailure(error, config)}`);
    return exitCode.failed;
  }
}
