import type { PackageId } from './package-id.js';
import type { PackageIdentity } from './package-identity.js';

/*
 * The part of our addresses that an identity decides, below the base of its resource: always lower case and normalized.
 * Flat container and registration use NuGet's own forms (`package-base-address-resource.md`, `registration-base-url-resource.md`).
 */

export type PackageFile = 'readme' | 'icon' | 'license';

export const versionListPath = (id: PackageId) => `${id.key}/index.json`;

export const nupkgPath = ({ id, version }: PackageIdentity) =>
  `${id.key}/${version.key}/${id.key}.${version.key}.nupkg`;

export const nuspecPath = ({ id, version }: PackageIdentity) => `${id.key}/${version.key}/${id.key}.nuspec`;

export const packageFilePath = ({ id, version }: PackageIdentity, file: PackageFile) =>
  `${id.key}/${version.key}/${file}`;

export const registrationIndexPath = (id: PackageId) => `${id.key}/index.json`;

/** `lower` and `upper` are version keys. */
export const registrationPagePath = (id: PackageId, lower: string, upper: string) =>
  `${id.key}/page/${lower}/${upper}.json`;

export const leafPath = ({ id, version }: PackageIdentity) => `${id.key}/${version.key}.json`;

export const detailsPath = ({ id, version }: PackageIdentity) => `${id.key}/${version.key}.json`;
