import { PackageId } from './package-id.js';

/** What decides which packages are found and which of their versions are shown (`search-query-service-resource.md`). */
export interface SearchQuery extends VersionChoice {
  /** White space joined; case as typed. Empty finds everything. */
  readonly text: string;
  /** Only packages of this type, lower case. */
  readonly packageType?: string;
}

/** Which versions a client wants to be shown. */
export interface VersionChoice {
  readonly prerelease: boolean;
  /** Without it, SemVer 2.0.0 versions are hidden. */
  readonly semVer2: boolean;
}

/** A part of the results. */
export interface SearchWindow {
  readonly skip: number;
  readonly take: number;
}

/** What an autocomplete request asks for: ids that begin with a text, or the versions of one id. */
export type AutocompleteRequest =
  | { readonly of: 'ids'; readonly query: SearchQuery; readonly window: SearchWindow }
  | { readonly of: 'versions'; readonly id: PackageId; readonly choice: VersionChoice };

/** A query that cannot be answered. Its message is fit for the person who sent it. */
export class InvalidQueryError extends Error {
  override readonly name = 'InvalidQueryError';
}

/** nuget.org's limits (`search-query-service-resource.md`): more is taken as the most, but an offset beyond them has no answer. */
const maxSkip = 3_000;
const maxTake = 1_000;
const defaultTake = 20;
const maxTextLength = 1_024;

/** One parameter's value, by its lower-case name; absent and empty mean the same. */
export type Parameters = (name: string) => string | undefined;

/** @throws InvalidQueryError */
export function parseSearchQuery(parameters: Parameters): { query: SearchQuery; window: SearchWindow } {
  const packageType = (parameters('packagetype') ?? parameters('packagetypefilter'))?.trim().toLowerCase();
  if (packageType !== undefined && !/^[a-z0-9_.-]{0,100}$/.test(packageType))
    throw new InvalidQueryError('packageType must be the name of a package type, as in DotnetTool');
  return {
    query: {
      text: parseText(parameters('q')),
      ...parseVersionChoice(parameters),
      ...(packageType !== undefined && packageType !== '' && { packageType }),
    },
    window: {
      skip: parseCount('skip', parameters('skip'), 0, maxSkip),
      take: Math.min(maxTake, parseCount('take', parameters('take'), defaultTake)),
    },
  };
}

/**
 * Where both `q` and `id` are given, `q` counts (`search-autocomplete-service-resource.md`).
 * @throws InvalidQueryError
 * @throws InvalidNameError when `id` is no package id
 */
export function parseAutocompleteRequest(parameters: Parameters): AutocompleteRequest {
  const id = parameters('id');
  if (id === undefined || parameters('q') !== undefined) return { of: 'ids', ...parseSearchQuery(parameters) };
  return { of: 'versions', id: PackageId.parse(id.trim()), choice: parseVersionChoice(parameters) };
}

function parseVersionChoice(parameters: Parameters): VersionChoice {
  const prerelease = parameters('prerelease')?.toLowerCase() ?? 'false';
  if (prerelease !== 'true' && prerelease !== 'false') throw new InvalidQueryError('prerelease must be true or false');
  return { prerelease: prerelease === 'true', semVer2: isSemVer2Level(parameters('semverlevel')) };
}

/** A level that is none counts as 1.0.0, as on nuget.org. */
function isSemVer2Level(level: string | undefined): boolean {
  return Number(/^\s*(\d+)(?:\.|\s*$)/.exec(level ?? '')?.[1] ?? 1) >= 2;
}

function parseText(given: string | undefined): string {
  const text = (given ?? '').replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (text.length > maxTextLength)
    throw new InvalidQueryError(`q has at most ${maxTextLength} characters, this one ${text.length}`);
  return text;
}

function parseCount(name: string, given: string | undefined, byDefault: number, atMost = Infinity): number {
  if (given === undefined) return byDefault;
  if (!/^\s*\d{1,15}\s*$/.test(given)) throw new InvalidQueryError(`${name} must be a whole number of 0 or more`);
  const count = Number(given);
  if (count > atMost) throw new InvalidQueryError(`${name} may be at most ${atMost}: narrow the search instead`);
  return count;
}

/** The query as a key: the same for all spellings that mean the same. */
export function searchQueryKey({ text, prerelease, semVer2, packageType = '' }: SearchQuery): string {
  return JSON.stringify([text.toLowerCase(), prerelease, semVer2, packageType]);
}
