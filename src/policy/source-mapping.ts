import type { PackageId } from '../nuget/package-id.js';

/** A source and the ids that it may serve, in Package Source Mapping's syntax: exact, `prefix*`, or `*`. */
export interface MappedSource {
  readonly name: string;
  readonly packages: readonly string[];
}

/** What the mapping says of one source and one id, and why. */
export interface MappingWord {
  readonly name: string;
  readonly eligible: boolean;
  /** The source's own longest pattern that matches; absent when none does. */
  readonly pattern?: string;
  /** The longest pattern of all that matches and a source that has it: the first in order. Absent when no pattern matches. */
  readonly decisive?: { readonly source: string; readonly pattern: string };
}

/**
 * Which sources may be asked for an id: those with the longest matching pattern, an exact id being longer than any prefix
 * (NuGet's Package Source Mapping). The patterns of all configured sources count, so an id that is claimed elsewhere is claimed.
 *
 * @returns names in the order given; empty when nobody may be asked
 */
export function eligibleSources(id: PackageId, sources: readonly MappedSource[]): string[] {
  return readMapping(id, sources)
    .filter(({ eligible }) => eligible)
    .map(({ name }) => name);
}

/** The same decision with its reason: one word for each source, in the order given. */
export function readMapping(id: PackageId, sources: readonly MappedSource[]): MappingWord[] {
  const matches = sources.map(({ name, packages }) => ({ name, ...longestMatch(id, packages) }));
  const first = matches.reduce<(typeof matches)[number] | undefined>(
    (best, match) => (match.strength > (best?.strength ?? -1) ? match : best),
    undefined,
  );
  return matches.map(({ name, pattern, strength }) => ({
    name,
    eligible: first !== undefined && strength === first.strength,
    ...(pattern !== undefined && { pattern }),
    ...(first?.pattern !== undefined && { decisive: { source: first.name, pattern: first.pattern } }),
  }));
}

/**
 * The mapping's word in a sentence without subject, as it stands behind a source's name.
 * @param mayName whether the source with the decisive pattern may be told of
 */
export function mappingReason(word: MappingWord, mayName: (source: string) => boolean = () => true): string {
  const { eligible, pattern, decisive } = word;
  if (eligible) return `its pattern ${pattern ?? ''} matches, and no other source has a longer one`;
  if (decisive === undefined) return 'none of its patterns matches, nor does that of any other source';
  const winner = mayName(decisive.source) ? `${decisive.pattern} of ${decisive.source}` : 'that of another source';
  return pattern === undefined
    ? `none of its patterns matches; the longest that does is ${winner}`
    : `its pattern ${pattern} matches, but a longer one decides: ${winner}`;
}

function longestMatch(
  id: PackageId,
  patterns: readonly string[],
): { readonly pattern?: string; readonly strength: number } {
  let longest: { readonly pattern?: string; readonly strength: number } = { strength: -1 };
  for (const pattern of patterns) {
    const strength = strengthOf(pattern, id);
    if (strength > longest.strength) longest = { pattern, strength };
  }
  return longest;
}

/** Length of the match in characters, −1 for none; an exact match beats every prefix. */
function strengthOf(pattern: string, id: PackageId): number {
  const key = pattern.toLowerCase();
  if (!key.endsWith('*')) return key === id.key ? Number.MAX_SAFE_INTEGER : -1;
  const prefix = key.slice(0, -1);
  return id.key.startsWith(prefix) ? prefix.length : -1;
}
