import type { Command } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import type { Maintenance, PurgeReport } from '../feed/maintenance.js';
import { PackageId } from '../nuget/package-id.js';
import { PackageVersion } from '../nuget/package-version.js';
import { bytesText } from './amount.js';
import type { Finish } from './exit-code.js';
import { named } from './named.js';
import { addWorkingOptions, runWorking } from './working.js';
import type { WorkingOptions } from './working.js';

/** `larder purge`: forgets packages. */
export function addPurge(program: Command, environment: Environment, finish: Finish): void {
  addWorkingOptions(program.command('purge'))
    .description('forget a package, or all versions of an id: the next request fetches it anew')
    .argument('<id>', 'package id', named(PackageId.parse.bind(PackageId)))
    .argument('[version]', 'version', named(PackageVersion.parse.bind(PackageVersion)))
    .action(async (id: PackageId, version: PackageVersion | undefined, options: WorkingOptions) => {
      const working = {
        title: 'Forgetting',
        path: ['purge', id.text, ...(version ? [version.full] : [])].map(encodeURIComponent).join('/'),
        own: (maintenance: Maintenance) => maintenance.purge(id, version),
        lines: purgeLines,
        isGood: ({ versions, unbound, documents }: PurgeReport) => versions.length + unbound.length + documents > 0,
      };
      finish(await runWorking<PurgeReport>(working, options, environment));
    });
}

function purgeLines({ id, versions, bytes, unbound, documents }: PurgeReport): string[] {
  const lines: string[] = [];
  if (versions.length > 0) lines.push(`Forgot ${id} ${versions.join(', ')} (${bytesText(bytes)}).`);
  if (unbound.length > 0) lines.push(`Forgot to which bytes ${id} ${unbound.join(', ')} was bound.`);
  if (documents > 0) lines.push(`Forgot ${documents} documents of ${id}.`);
  return lines.length > 0 ? lines : [`Nothing of ${id} is kept here.`];
}
