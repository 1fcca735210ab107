import type { Command } from 'commander';
import type { Environment } from '../config/environment-layer.js';
import type { Explanation } from '../feed/explanation.js';
import type { Insight } from '../feed/insight.js';
import { everyReader } from '../feed/reader.js';
import { PackageId } from '../nuget/package-id.js';
import { PackageVersion } from '../nuget/package-version.js';
import { addAskingOptions, runAsking } from './asking.js';
import type { AskingOptions } from './asking.js';
import type { Finish } from './exit-code.js';
import { explanationLines } from './explanation-lines.js';
import { named } from './named.js';

interface ExplainOptions extends AskingOptions {
  readonly feed: string;
}

/** `larder explain`: why a package is served, or not. */
export function addExplain(program: Command, environment: Environment, finish: Finish): void {
  addAskingOptions(program.command('explain'))
    .description('tell why a package is served, or not: which sources were asked, and what each said')
    .argument('<id>', 'package id', named(PackageId.parse.bind(PackageId)))
    .argument('[version]', 'version', named(PackageVersion.parse.bind(PackageVersion)))
    .option('--feed <name>', 'the feed to explain it for', 'default')
    .action(async (id: PackageId, version: PackageVersion | undefined, options: ExplainOptions) => {
      const { feed, offline = false } = options;
      const query = new URLSearchParams({ feed, ...(offline && { offline: 'true' }) });
      const path = ['api', 'explain', id.text, ...(version ? [version.full] : [])].map(encodeURIComponent).join('/');
      const asking = {
        path: `${path}?${query.toString()}`,
        own: (insight: Insight) => insight.explain({ feed, id, ...(version && { version }), offline }, everyReader),
        absence: `there is no feed ${JSON.stringify(feed)}`,
      };
      finish(await runAsking<Explanation>(asking, explanationLines, options, environment));
    });
}
