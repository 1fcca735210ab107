import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { PackageVersion } from '../../nuget/package-version.js';

const extension = '.nupkg';

/** A package for clients, by its name: symbols are not, nor are the shadow files that desktops leave on shares (`._a.nupkg`). */
export function isPackageFile(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower.endsWith(extension) &&
    !lower.endsWith(`.symbols${extension}`) &&
    !lower.startsWith('.') &&
    lower.length > extension.length
  );
}

/** Whether a file of that name may hold a version of the id: `{id}.{version}.nupkg`. `A.1.2.3.nupkg` is of `A` and of `A.1`. */
export function mayBeOf(name: string, id: PackageId): boolean {
  const lower = name.toLowerCase();
  return (
    lower.startsWith(`${id.key}.`) &&
    lower.endsWith(extension) &&
    PackageVersion.tryParse(lower.slice(id.key.length + 1, -extension.length)) !== undefined
  );
}

/** Whether the name says the same as the nuspec, in any spelling of the version. */
export function agrees(name: string, { id, version }: PackageIdentity): boolean {
  const lower = name.toLowerCase();
  if (!lower.startsWith(`${id.key}.`)) return false;
  return PackageVersion.tryParse(lower.slice(id.key.length + 1, -extension.length))?.equals(version) ?? false;
}
