import type { Command } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import type { Maintenance } from '../feed/maintenance.js';
import type { GcReport } from '../feed/store.js';
import { bytesText } from './amount.js';
import type { Finish } from './exit-code.js';
import { addWorkingOptions, runWorking } from './working.js';
import type { WorkingOptions } from './working.js';

interface GcOptions extends WorkingOptions {
  readonly dryRun?: boolean;
}

/** `larder gc`: frees space. */
export function addGc(program: Command, environment: Environment, finish: Finish): void {
  addWorkingOptions(program.command('gc'))
    .description('free the space of what is dead, and evict what passes store.maxBytes')
    .option('--dry-run', 'only tell what would happen')
    .action(async ({ dryRun = false, ...options }: GcOptions) => {
      const working = {
        title: 'Freeing',
        path: `gc?dryRun=${dryRun}`,
        own: (maintenance: Maintenance) => maintenance.gc(dryRun),
        lines: (report: GcReport) => gcLines(report, dryRun),
        isGood: () => true,
      };
      finish(await runWorking<GcReport>(working, options, environment));
    });
}

function gcLines({ freedBytes, evicted, moved, retainedBytes }: GcReport, isDryRun: boolean): string[] {
  const would = isDryRun ? 'Would free' : 'Freed';
  const lines = [`${would} ${bytesText(freedBytes)}: ${evicted} packages evicted, ${moved} moved.`];
  if (retainedBytes > 0)
    lines.push(`${bytesText(retainedBytes)} stay that no source can give back: raise store.maxBytes, or purge some.`);
  return lines;
}
