import type { Command } from 'commander';
import type { EffectiveValue } from '../config/effective.js';
import type { Environment } from '../config/environment-layer.js';
import type { ConfigFlags } from '../config/flag-layer.js';
import { loadConfig } from '../config/load.js';
import { ConfigError } from '../config/mistake.js';
import { reportMistakes } from './config-failure.js';
import { addConfigOptions } from './config-options.js';
import { exitCode } from './exit-code.js';
import type { Finish } from './exit-code.js';

interface CheckOptions extends ConfigFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `larder check`: is the configuration in order, and what is in effect? */
export function addCheck(program: Command, environment: Environment, finish: Finish): void {
  addConfigOptions(program.command('check'))
    .description('validate the configuration; print every value in effect and where it comes from')
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'print mistakes only')
    .action(async (options: CheckOptions) => {
      try {
        const { effective, file } = await loadConfig(options, environment);
        if (options.quiet) return;
        if (options.json)
          printJson({ valid: true, file: file ?? null, values: effective.map(jsonValue), mistakes: [] });
        else for (const line of table(effective)) console.log(line);
      } catch (error) {
        if (options.json && error instanceof ConfigError)
          printJson({
            valid: false,
            values: [],
            mistakes: error.mistakes.map(({ origin, ...mistake }) => ({ ...mistake, origin: origin.text })),
          });
        reportMistakes(error);
        finish(exitCode.failed);
      }
    });
}

const printJson = (value: unknown) => console.log(JSON.stringify(value, undefined, 2));

const jsonValue = ({ path, value, origin }: EffectiveValue) => ({ path, value: value ?? null, origin: origin.text });

/** Three columns: key path, value, origin. */
function* table(effective: readonly EffectiveValue[]): Generator<string> {
  const shown = effective.map(({ path, value, origin }) => [path, valueText(value), origin.text] as const);
  const pathWidth = Math.max(...shown.map(([path]) => path.length));
  const valueWidth = Math.min(50, Math.max(...shown.map(([, value]) => value.length)));
  for (const [path, value, origin] of shown) yield `${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${origin}`;
}

function valueText(value: EffectiveValue['value']): string {
  if (value === undefined) return '(not set)';
  const [line = '', ...more] = String(value).split(/\r?\n/);
  return more.length > 0 ? `${line} …` : line;
}
