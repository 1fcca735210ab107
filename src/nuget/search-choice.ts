import { highest } from './search-hit.js';
import type { SearchHit } from './search-hit.js';
import type { PackageVersion } from './package-version.js';
import type { SearchQuery, VersionChoice } from './search-query.js';

/** Whether a version is shown to a client that asks so. A package that is SemVer2 by its dependencies alone shows no sign of it here. */
export function isChosen(version: PackageVersion, { prerelease, semVer2 }: VersionChoice): boolean {
  return (prerelease || !version.isPrerelease) && (semVer2 || !version.isSemVer2);
}

/**
 * The hit without what the query hides: some servers pass its parameters over (protocol A.4).
 * @returns `undefined` when nothing is left to show
 */
export function chosenHit(hit: SearchHit, query: SearchQuery): SearchHit | undefined {
  const { packageType } = query;
  // A package without types is a dependency (nuspec reference, packageTypes).
  const types = hit.packageTypes?.length ? hit.packageTypes : ['Dependency'];
  if (packageType !== undefined && !types.some((type) => type.toLowerCase() === packageType)) return undefined;
  const versions = hit.versions.filter(({ version }) => isChosen(version, query));
  if (highest(versions) === undefined) return undefined;
  return versions.length === hit.versions.length ? hit : { ...hit, versions };
}
