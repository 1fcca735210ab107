import type { PackageId } from '../nuget/package-id.js';

/** A source and the ids that it may serve, in Package Source Mapping's syntax: exact, `prefix*`, or `*`. */
export interface MappedSource {
  readonly name: string;
  readonly packages: readonly string[];
}

/**
 * Which sources may be asked for an id: those with the longest matching pattern, an exact id being longer than any prefix
 * (NuGet's Package Source Mapping). The patterns of all configured sources count, so an id that is claimed elsewhere is claimed.
 *
 * @returns names in the order given; empty when nobody may be asked
 */
export function eligibleSources(id: PackageId, sources: readonly MappedSource[]): string[] {
  const strengths = sources.map(({ name, packages }) => ({
    name,
    strength: Math.max(-1, ...packages.map((pattern) => strength(pattern, id))),
  }));
  const longest = Math.max(-1, ...strengths.map(({ strength }) => strength));
  return longest < 0 ? [] : strengths.filter(({ strength }) => strength === longest).map(({ name }) => name);
}

/** Length of the match in characters, −1 for none; an exact match beats every prefix. */
function strength(pattern: string, id: PackageId): number {
  const key = pattern.toLowerCase();
  if (!key.endsWith('*')) return key === id.key ? Number.MAX_SAFE_INTEGER : -1;
  const prefix = key.slice(0, -1);
  return id.key.startsWith(prefix) ? prefix.length : -1;
}
