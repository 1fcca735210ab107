import type { Command } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import type { Maintenance, TellProgress } from '../feed/maintenance.js';
import { isSound } from '../feed/verify-report.js';
import type { DamagedFact, DamagedPackage, VerifyReport } from '../feed/verify-report.js';
import { bytesText } from './amount.js';
import type { Finish } from './exit-code.js';
import { addWorkingOptions, runWorking } from './working.js';
import type { WorkingOptions } from './working.js';

interface VerifyOptions extends WorkingOptions {
  readonly repair?: boolean;
}

/** `larder verify`: reads everything that is kept and compares it with what was admitted. */
export function addVerify(program: Command, environment: Environment, finish: Finish): void {
  addWorkingOptions(program.command('verify'))
    .description('read everything that is kept and tell what is damaged')
    .option('--repair', 'fetch damaged packages again, forget damaged documents')
    .action(async ({ repair = false, ...options }: VerifyOptions) => {
      const working = {
        title: 'Verifying',
        path: `verify?repair=${repair}`,
        own: (maintenance: Maintenance, tell: TellProgress) => maintenance.verify({ repair }, tell),
        lines: verifyLines,
        isGood: isSound,
      };
      finish(await runWorking<VerifyReport>(working, options, environment));
    });
}

function verifyLines({ packages, bytes, damaged, facts, seconds }: VerifyReport): string[] {
  const read = `${packages} packages (${bytesText(bytes)}) and ${facts.checked} documents read in ${seconds.toFixed(1)} s`;
  const flaws = damaged.length + facts.damaged.length;
  if (flaws === 0) return [`${read}: nothing is damaged.`];
  return [`${read}: ${flaws} damaged.`, ...damaged.map(packageLine), ...facts.damaged.map(factLine)];
}

function packageLine({ id, version, source, what, outcome, why }: DamagedPackage): string {
  const came = {
    found: 'left as it is; --repair fetches it again',
    healed: `fetched again from ${source}`,
    lost: `forgotten, and ${source} could not give it again`,
  }[outcome];
  return `  ${id} ${version}: ${what}; ${came}${why === undefined ? '' : ` (${why})`}`;
}

function factLine({ source, kind, name, what, outcome }: DamagedFact): string {
  const subject = name === '' ? `${kind} of ${source}` : `${kind} of ${name} from ${source}`;
  return `  ${subject}: ${what}; ${outcome === 'dropped' ? 'forgotten, it is asked again' : 'left as it is; --repair forgets it'}`;
}
