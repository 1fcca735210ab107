import { Address } from './address-slot.js';
import { isObject, readCount, readText, readTexts, readWebAddress } from './lenient-json.js';
import type { JsonObject } from './lenient-json.js';
import { PackageId } from './package-id.js';
import { PackageIdentity } from './package-identity.js';
import { PackageVersion } from './package-version.js';
import { packageFilePath } from './paths.js';

export interface SearchHitVersion {
  readonly version: PackageVersion;
  readonly downloads?: number;
}

export interface Deprecation {
  readonly reasons: readonly string[];
  readonly message?: string;
  readonly alternatePackage?: { readonly id: string; readonly range?: string };
}

/** What one source says on one id in its search: facts in our own form. */
export interface SearchHit {
  readonly id: PackageId;
  /** The one that `texts` describes. */
  readonly version: PackageVersion;
  /** Without duplicates; never empty. */
  readonly versions: readonly SearchHitVersion[];
  readonly texts: SearchHitTexts;
  readonly totalDownloads?: number;
  /** Absent: the source does not tell. */
  readonly packageTypes?: readonly string[];
}

export interface SearchHitTexts {
  readonly title?: string;
  readonly description?: string;
  readonly summary?: string;
  readonly authors?: readonly string[];
  readonly owners?: readonly string[];
  readonly tags?: readonly string[];
  /** Ours where the source keeps the file, else where the author says. */
  readonly iconUrl?: string | Address;
  readonly licenseUrl?: string | Address;
  readonly projectUrl?: string;
  readonly deprecation?: Deprecation;
  readonly vulnerabilities?: readonly { readonly advisoryUrl: string; readonly severity: number }[];
}

/** Whether a URL lies below one of the source's own resources, so that it must be shown as ours. */
export type IsOwnAddress = (url: string) => boolean;

/**
 * Reads one element of a search result as servers send it (protocol A.4): `authors`, `owners` and `tags` as text or array, `versions` absent,
 * versions that NuGet cannot read dropped. Only known fields pass; `verified` does not, being the word of that source on its own prefixes.
 *
 * @returns `undefined` when it is of no package
 */
export function readSearchHit(element: unknown, isOwnAddress: IsOwnAddress): SearchHit | undefined {
  if (!isObject(element)) return undefined;
  const id = PackageId.tryParse(element['id']);
  if (id === undefined) return undefined;
  const versions = new Map<string, SearchHitVersion>();
  for (const entry of Array.isArray(element['versions']) ? element['versions'] : []) {
    const version = PackageVersion.tryParse(isObject(entry) ? entry['version'] : entry);
    if (version === undefined || versions.has(version.key)) continue;
    const downloads = isObject(entry) ? readCount(entry['downloads']) : undefined;
    versions.set(version.key, { version, ...(downloads !== undefined && { downloads }) });
  }
  const shown = PackageVersion.tryParse(element['version']);
  if (shown !== undefined && !versions.has(shown.key)) versions.set(shown.key, { version: shown });
  const version = shown ?? highest([...versions.values()]);
  if (version === undefined) return undefined;
  const totalDownloads = readCount(element['totalDownloads']);
  const packageTypes = readPackageTypes(element['packageTypes']);
  return {
    id,
    version,
    versions: [...versions.values()],
    texts: readTextsOf(element, new PackageIdentity(id, version), isOwnAddress),
    ...(totalDownloads !== undefined && { totalDownloads }),
    ...(packageTypes !== undefined && { packageTypes }),
  };
}

/** The fields that describe one version: the same names in a search result and in a registration's entry. */
export function readTextsOf(entry: JsonObject, identity: PackageIdentity, isOwnAddress: IsOwnAddress): SearchHitTexts {
  const owned = (given: unknown, file: 'icon' | 'license') => {
    const url = readText(given);
    return url !== undefined && url !== '' && isOwnAddress(url)
      ? new Address('flat', packageFilePath(identity, file))
      : readWebAddress(url);
  };
  return defined({
    title: readText(entry['title']),
    description: readText(entry['description']),
    summary: readText(entry['summary']),
    // One text may hold commas that belong to a name: it stays one, as on nuget.org.
    authors: readTexts(entry['authors'], /(?!)/),
    owners: readTexts(entry['owners'], /,/),
    tags: readTexts(entry['tags'], /[\s,;]+/),
    iconUrl: owned(entry['iconUrl'], 'icon'),
    licenseUrl: owned(entry['licenseUrl'], 'license'),
    projectUrl: readWebAddress(entry['projectUrl'] ?? entry['projectURL']),
    deprecation: readDeprecation(entry['deprecation']),
    vulnerabilities: readVulnerabilities(entry['vulnerabilities']),
  });
}

/** Names of package types, as `[{name}]` or plain. */
export function readPackageTypes(types: unknown): string[] | undefined {
  if (!Array.isArray(types)) return undefined;
  return types.flatMap((type: unknown) => readText(isObject(type) ? type['name'] : type) ?? []);
}

export function highest(versions: readonly SearchHitVersion[]): PackageVersion | undefined {
  let best: PackageVersion | undefined;
  for (const { version } of versions)
    if (best === undefined || PackageVersion.compare(version, best) > 0) best = version;
  return best;
}

function readDeprecation(given: unknown): Deprecation | undefined {
  if (!isObject(given)) return undefined;
  const alternate = isObject(given['alternatePackage']) ? given['alternatePackage'] : {};
  const id = readText(alternate['id']);
  return defined({
    reasons: readTexts(given['reasons'], /,/) ?? [],
    message: readText(given['message']),
    alternatePackage: id === undefined ? undefined : defined({ id, range: readText(alternate['range']) }),
  });
}

/** A severity is a number in search, and a text in registration (protocol A.3.1). */
function readVulnerabilities(given: unknown): SearchHitTexts['vulnerabilities'] | undefined {
  if (!Array.isArray(given)) return undefined;
  const read = given.filter(isObject).flatMap((vulnerability) => {
    const advisoryUrl = readWebAddress(vulnerability['advisoryUrl']);
    return advisoryUrl === undefined ? [] : [{ advisoryUrl, severity: readCount(vulnerability['severity']) ?? 0 }];
  });
  return read.length > 0 ? read : undefined;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the members that are undefined. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}
