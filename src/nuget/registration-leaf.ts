import { Address, writeTemplate } from './address-slot.js';
import type { TemplateValue } from './address-slot.js';
import { detailsStampOf } from './details-stamp.js';
import { isObject, readText } from './lenient-json.js';
import type { JsonObject } from './lenient-json.js';
import { detailsPath, leafPath, nupkgPath, packageFilePath, registrationIndexPath } from './paths.js';
import { PackageId } from './package-id.js';
import { PackageIdentity } from './package-identity.js';
import { PackageVersion } from './package-version.js';
import { hasSemVer2Bound, parseVersionRange } from './version-range.js';

/** Facts on one version, as a source's registration told them, in the form in which we keep and show them. */
export interface RegistrationLeaf {
  readonly version: PackageVersion;
  /** False: restorable, not shown in search. */
  readonly listed: boolean;
  /** Hidden from the SemVer1 hive: by its own version or by a dependency's bound. */
  readonly semVer2: boolean;
  /** Whether the leaf tells where the package lies. */
  readonly hasContent: boolean;
  /** Base64, where the source's registration tells one. */
  readonly sha512?: string;
  /** Which of the catalog's details it was made from (`details-stamp.ts`), where the source's address tells. */
  readonly detailsAt?: string;
  /** Where the source's own details of the version are, as it writes it. */
  readonly detailsAddress?: string;
  /** The leaf as it stands in a page: JSON bytes with slots for our addresses. */
  readonly template: Buffer;
}

/** Says which of a source's own addresses is known to be served from here too. */
export interface LeafContext {
  /** The id that was asked for: the last resort for casing. */
  readonly id: PackageId;
  /** Whether a URL lies below one of the source's own resources (its flat container): then it must be shown as ours. */
  readonly isOwnAddress: (url: string) => boolean;
}

/**
 * Reads one element of a registration page (`registration-base-url-resource.md`, leniency of protocol A.3.1) and rewrites it field by field:
 * only known fields pass, every address of the source's becomes ours, the author's own links stay.
 *
 * @returns the leaf, or the version string that NuGet cannot read, or `undefined` when the element is no leaf or of another package
 */
export function readRegistrationLeaf(
  element: unknown,
  context: LeafContext,
): RegistrationLeaf | { readonly unparsable: string } | undefined {
  if (!isObject(element)) return undefined;
  const entry = element['catalogEntry'];
  if (!isObject(entry)) return undefined;
  const id = PackageId.tryParse(entry['id']) ?? context.id;
  if (!id.equals(context.id)) return undefined;
  const version = PackageVersion.tryParse(entry['version']);
  if (version === undefined) return { unparsable: String(entry['version']).slice(0, 100) };
  const identity = new PackageIdentity(id, version);
  const groups = readDependencyGroups(entry['dependencyGroups']);
  const published = readText(entry['published']) ?? readText(element['published']);
  const listed = readListed(entry['listed'] ?? element['listed'], published);
  const sha512 = readPublishedHash(entry);
  const detailsAddress = readText(entry['@id']);
  const detailsAt = detailsStampOf(detailsAddress);
  const leaf = new Address('registration', leafPath(identity));
  const packageContent = new Address('flat', nupkgPath(identity));
  const template = writeTemplate({
    '@id': leaf,
    '@type': 'Package',
    commitId: readText(element['commitId']),
    commitTimeStamp: readText(element['commitTimeStamp']),
    catalogEntry: {
      '@id': new Address('details', detailsPath(identity)),
      '@type': 'PackageDetails',
      authors: readAuthors(entry['authors']),
      copyright: readText(entry['copyright']),
      dependencyGroups: groups?.value,
      deprecation: readDeprecation(entry['deprecation']),
      description: readText(entry['description']),
      downloads: readNumber(entry['downloads']),
      iconUrl: readOwnableUrl(entry['iconUrl'], packageFilePath(identity, 'icon'), context),
      id: id.text,
      language: readText(entry['language']),
      licenseExpression: readText(entry['licenseExpression']),
      licenseExpressionVersion: readText(entry['licenseExpressionVersion']),
      licenseUrl: readOwnableUrl(entry['licenseUrl'], packageFilePath(identity, 'license'), context),
      listed,
      minClientVersion: readText(entry['minClientVersion']),
      owners: readTextOrTexts(entry['owners']),
      packageContent,
      packageTypes: readPackageTypes(entry['packageTypes']),
      projectUrl: readText(entry['projectUrl'] ?? entry['projectURL']),
      published,
      // The origin's page for people lies elsewhere; the readme itself comes out of the package.
      readmeUrl: readText(entry['readmeUrl']) ? new Address('flat', packageFilePath(identity, 'readme')) : undefined,
      releaseNotes: readText(entry['releaseNotes']),
      requireLicenseAcceptance: readFlag(entry['requireLicenseAcceptance']),
      summary: readText(entry['summary']),
      tags: readTextOrTexts(entry['tags']),
      title: readText(entry['title']),
      version: version.full,
      vulnerabilities: readVulnerabilities(entry['vulnerabilities']),
    },
    packageContent,
    registration: new Address('registration', registrationIndexPath(id)),
  });
  return {
    version,
    listed,
    semVer2: version.isSemVer2 || (groups?.semVer2 ?? false),
    hasContent: Boolean(readText(element['packageContent']) ?? readText(entry['packageContent'])),
    ...(sha512 !== undefined && { sha512 }),
    ...(detailsAt !== undefined && { detailsAt }),
    ...(detailsAddress !== undefined && { detailsAddress }),
    template: Buffer.from(template),
  };
}

/** `listed` where given; else year 1900 means unlisted and everything else listed (protocol A.3.1; clients 3.4). */
function readListed(listed: unknown, published: string | undefined): boolean {
  const flag = readFlag(listed);
  return flag ?? !(published?.startsWith('1900-') ?? false);
}

function readPublishedHash(entry: JsonObject): string | undefined {
  const hash = readText(entry['packageHash']);
  const algorithm = readText(entry['packageHashAlgorithm']) ?? 'SHA512';
  return hash && algorithm.toUpperCase() === 'SHA512' && /^[A-Za-z0-9+/]{86}==$/.test(hash) ? hash : undefined;
}

function readDependencyGroups(groups: unknown): { value: TemplateValue; semVer2: boolean } | undefined {
  if (!Array.isArray(groups)) return undefined;
  let semVer2 = false;
  const value = groups.filter(isObject).map((group) => ({
    '@type': 'PackageDependencyGroup',
    dependencies: Array.isArray(group['dependencies'])
      ? group['dependencies'].filter(isObject).flatMap((dependency) => {
          const id = PackageId.tryParse(dependency['id']);
          if (id === undefined) return [];
          const given: unknown = Array.isArray(dependency['range']) ? dependency['range'][0] : dependency['range'];
          const range = parseVersionRange(given);
          if (range !== undefined && hasSemVer2Bound(range)) semVer2 = true;
          return [
            {
              '@type': 'PackageDependency',
              id: id.text,
              range: readText(given) ?? '(, )',
              registration: new Address('registration', registrationIndexPath(id)),
            },
          ];
        })
      : undefined,
    targetFramework: readText(group['targetFramework']),
  }));
  return { value, semVer2 };
}

function readDeprecation(deprecation: unknown): TemplateValue {
  if (!isObject(deprecation)) return undefined;
  const alternate = deprecation['alternatePackage'];
  return {
    '@type': 'deprecation',
    alternatePackage: isObject(alternate)
      ? { '@type': 'alternatePackage', id: readText(alternate['id']), range: readText(alternate['range']) }
      : undefined,
    message: readText(deprecation['message']),
    reasons: readTexts(deprecation['reasons']) ?? [],
  };
}

function readVulnerabilities(vulnerabilities: unknown): TemplateValue {
  if (!Array.isArray(vulnerabilities)) return undefined;
  return vulnerabilities.filter(isObject).map((vulnerability) => ({
    '@type': 'Vulnerability',
    advisoryUrl: readText(vulnerability['advisoryUrl']),
    // A string here and a number in search and VulnerabilityInfo (protocol A.3.1).
    severity: String(readText(vulnerability['severity']) ?? readNumber(vulnerability['severity']) ?? '0'),
  }));
}

function readPackageTypes(types: unknown): TemplateValue {
  if (!Array.isArray(types)) return undefined;
  return types.filter(isObject).map((type) => ({ name: readText(type['name']), version: readText(type['version']) }));
}

/** A string as on nuget.org; arrays of other servers are joined. */
function readAuthors(authors: unknown): TemplateValue {
  return readText(authors) ?? readTexts(authors)?.join(', ');
}

function readTextOrTexts(given: unknown): TemplateValue {
  return readTexts(given) ?? readText(given);
}

function readOwnableUrl(given: unknown, ownPath: string, context: LeafContext): TemplateValue {
  const url = readText(given);
  return url !== undefined && url !== '' && context.isOwnAddress(url) ? new Address('flat', ownPath) : url;
}

function readTexts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : undefined;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function readFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined;
}
