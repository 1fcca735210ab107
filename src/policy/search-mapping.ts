import { PackageId } from '../nuget/package-id.js';
import { eligibleSources } from './source-mapping.js';
import type { MappedSource } from './source-mapping.js';

/**
 * Whether a source may be sent a search text. What other sources claim by an explicit pattern (any but `*`) is private to them, in what
 * people type as much as in ids, so a source is not asked when the text names such a thing:
 *
 * - a word is an id that the mapping gives to other sources (`contoso.web` where another source has `Contoso.*`);
 * - a word is the pattern's own name without what ends it (`contoso`, `contoso.`);
 * - a word is the beginning of that name and reaches four letters into its last part, as while it is being typed (`cont`; for
 *   `Contoso.Secret` it is `contoso.secr`), so that `microsoft` still goes to everyone where `Microsoft.Internal.*` is claimed.
 *
 * Words end at whatever cannot stand in an id: spaces, quotes, `packageid:`, commas, slashes. Neighbouring words are also tried joined
 * (`contoso secret`), and `.`, `-` and `_` count as the same. A source that claims the word by an explicit pattern of its own is asked.
 */
export function mayBeTold(source: string, text: string, sources: readonly MappedSource[]): boolean {
  const claims = sources.flatMap(({ name, packages }) =>
    packages.filter((pattern) => pattern !== '*').map((pattern) => ({ source: name, pattern })),
  );
  if (claims.every((claim) => claim.source === source)) return true;
  const names = namesOf(claims, source);
  const explicit = sources.map(({ name, packages }) => ({
    name,
    packages: packages.filter((pattern) => pattern !== '*').map(fold),
  }));
  return runsOf(text).every((word) => {
    const id = PackageId.tryParse(word);
    const claimants = id === undefined ? [] : eligibleSources(id, explicit);
    return claimants.length > 0 ? claimants.includes(source) : !names.some((name) => touches(word, name));
  });
}

/** Patterns' names without their ends, of claims that are others' alone. */
function namesOf(claims: readonly { readonly source: string; readonly pattern: string }[], source: string): string[] {
  const own = new Set(claims.filter((claim) => claim.source === source).map(({ pattern }) => nameOf(pattern)));
  const names = claims.filter((claim) => claim.source !== source).map(({ pattern }) => nameOf(pattern));
  return [...new Set(names)].filter((name) => name !== '' && !own.has(name));
}

const lettersThatTell = 4;

function touches(word: string, name: string): boolean {
  if (word === name) return true;
  const lastPart = name.lastIndexOf('.') + 1;
  return name.startsWith(word) && word.length >= lastPart + lettersThatTell;
}

/** Longest run of neighbouring words that is tried as one name. */
const maxRun = 6;

/** All that may be a name in a text: its words, and neighbouring ones joined, folded. */
function runsOf(text: string): string[] {
  const words = text.split(/[^A-Za-z0-9_.-]+/).flatMap((word) => {
    const folded = trimmed(fold(word));
    return folded === '' ? [] : [folded];
  });
  const runs = new Set<string>();
  for (let from = 0; from < words.length; from++)
    for (let to = from + 1; to <= Math.min(words.length, from + maxRun); to++)
      runs.add(words.slice(from, to).join('.'));
  return [...runs];
}

const fold = (text: string) => text.toLowerCase().replace(/[-_.]+/g, '.');
const trimmed = (text: string) => text.replace(/^\.+|\.+$/g, '');
const nameOf = (pattern: string) => trimmed(fold(pattern.replace(/\*$/, '')));
