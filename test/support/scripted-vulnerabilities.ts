import type { ScriptedSource } from './scripted-source.js';

export interface ScriptedAdvisory {
  readonly severity: unknown;
  readonly url: string;
  readonly versions: string;
}

export interface ScriptedPage {
  /** `@name`: also tells the page's address. */
  readonly name: string;
  readonly updated: string;
  readonly packages: Readonly<Record<string, unknown>>;
  /** In place of the absolute address. */
  readonly address?: string;
}

export const vulnerabilityIndexPath = 'v3/vulnerabilities/index.json';
/** Another place than the index's, as on nuget.org. */
export const vulnerabilityPagePath = (name: string) => `v3-vulnerabilities/2024/vulnerability.${name}.json`;

/** Lets a scripted source tell of vulnerabilities, as nuget.org does. Called again, it tells of these instead. */
export function tellVulnerabilities(source: ScriptedSource, pages: readonly ScriptedPage[]): void {
  source.offer('VulnerabilityInfo/6.7.0', vulnerabilityIndexPath);
  for (const { name, packages } of pages) source.publish(vulnerabilityPagePath(name), packages);
  source.publish(
    vulnerabilityIndexPath,
    pages.map(({ name, updated, address }) => ({
      '@name': name,
      '@id': address ?? `${source.origin}/${vulnerabilityPagePath(name)}`,
      '@updated': updated,
      comment: `The ${name} data`,
    })),
  );
}

/** One page of nothing but these advisories. */
export function basePage(packages: ScriptedPage['packages'], updated = '2024-01-01T00:00:00.0000000Z'): ScriptedPage {
  return { name: 'base', updated, packages };
}

export const advisory = (number: number, versions = '[1.0.0, 2.0.0)', severity: unknown = 2): ScriptedAdvisory => ({
  severity,
  url: `https://advisories.example/GHSA-${number}`,
  versions,
});
