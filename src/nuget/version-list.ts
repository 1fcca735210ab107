import { PackageVersion } from './package-version.js';

/** The versions one source has of an id, as keys (normalized, lower case), ascending. */
export interface SourceVersions {
  readonly source: string;
  readonly versions: readonly string[];
}

/** A version and the source that owns it: the first in order of precedence. */
export interface OwnedVersion {
  readonly version: string;
  readonly source: string;
}

/** Union by normalized version, ascending; the first listing that has a version owns it. */
export function mergeVersions(listings: readonly SourceVersions[]): OwnedVersion[] {
  const [only] = listings;
  if (listings.length === 1 && only) return only.versions.map((version) => ({ version, source: only.source }));
  const owners = new Map<string, OwnedVersion & { readonly parsed: PackageVersion }>();
  for (const { source, versions } of listings)
    for (const version of versions)
      if (!owners.has(version)) owners.set(version, { version, source, parsed: PackageVersion.parse(version) });
  return [...owners.values()]
    .sort((a, b) => PackageVersion.compare(a.parsed, b.parsed))
    .map(({ version, source }) => ({ version, source }));
}

/** `{"versions":[…]}` (`package-base-address-resource.md`). */
export function renderVersionList(versions: readonly OwnedVersion[]): Buffer {
  return Buffer.from(JSON.stringify({ versions: versions.map(({ version }) => version) }));
}
