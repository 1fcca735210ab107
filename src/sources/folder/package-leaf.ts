import type { Nuspec } from '../../codec/nuspec.js';
import { readRegistrationLeaf } from '../../nuget/registration-leaf.js';
import type { RegistrationLeaf } from '../../nuget/registration-leaf.js';
import { normalizedRange } from '../../nuget/version-range-text.js';

/** Stands for "the file of that kind in the package", which is served from here. No author can write it: XML has no such character. */
const ownFile = '\u0000';

/** Packed by NuGet for clients that know no licence files, in place of an address (`LicenseMetadata.LicenseFileDeprecationUrl`). */
const deprecatedLicenseUrl = /^https:\/\/aka\.ms\/deprecateLicenseUrl$/i;

/**
 * A registration leaf made of what a package says of itself, as nuget.org makes it of the same nuspec.
 *
 * @param publishedMs when its file was written, in ms since the epoch; a time that no package can be from is not told
 */
export function packageLeaf(nuspec: Nuspec, publishedMs: number): RegistrationLeaf {
  const { identity, license, licenseUrl } = nuspec;
  const leaf = readRegistrationLeaf(
    {
      catalogEntry: {
        id: identity.id.text,
        version: identity.version.text,
        listed: true,
        authors: nuspec.authors,
        copyright: nuspec.copyright,
        dependencyGroups: nuspec.dependencyGroups.map(({ targetFramework, dependencies }) => ({
          targetFramework,
          dependencies: dependencies.map(({ id, range }) => ({ id, range: normalizedRange(range) })),
        })),
        description: nuspec.description,
        iconUrl: nuspec.icon === undefined ? nuspec.iconUrl : ownFile,
        language: nuspec.language,
        licenseExpression: license?.type === 'expression' ? license.text : undefined,
        licenseExpressionVersion: license?.type === 'expression' ? license.version : undefined,
        licenseUrl:
          license?.type === 'file'
            ? ownFile
            : licenseUrl !== undefined && deprecatedLicenseUrl.test(licenseUrl)
              ? undefined
              : licenseUrl,
        minClientVersion: nuspec.minClientVersion,
        packageTypes: nuspec.packageTypes.length > 0 ? nuspec.packageTypes : undefined,
        projectUrl: nuspec.projectUrl,
        published: publishedMs >= firstPackageMs ? new Date(publishedMs).toISOString() : undefined,
        readmeUrl: nuspec.readme === undefined ? undefined : ownFile,
        releaseNotes: nuspec.releaseNotes,
        requireLicenseAcceptance: nuspec.requireLicenseAcceptance,
        summary: nuspec.summary,
        tags: nuspec.tags,
        title: nuspec.title,
      },
    },
    { id: identity.id, isOwnAddress: (url) => url === ownFile },
  );
  if (leaf === undefined || 'unparsable' in leaf) throw new Error(`no leaf can be made of ${identity.toString()}`);
  return leaf;
}

/** NuGet 1.0 is of January 2011, its first packages a little older. A file of 1970 or 1980 was given that date by a tool. */
const firstPackageMs = Date.UTC(2010, 0, 1);
