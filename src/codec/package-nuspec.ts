import { BadPackageError } from './bad-package.js';
import type { ByteSource } from './byte-source.js';
import { parseNuspec } from './nuspec.js';
import type { Nuspec } from './nuspec.js';
import { readZipDirectory } from './zip-directory.js';
import type { ZipDirectory, ZipEntry } from './zip-directory.js';
import { readEntry } from './zip-entry.js';

export interface PackageNuspec {
  readonly directory: ZipDirectory;
  /** The nuspec's name in the package. */
  readonly entryName: string;
  /** The nuspec as it stands in the package. */
  readonly bytes: Buffer;
  readonly nuspec: Nuspec;
}

/** Far above what is seen (a nuspec has some KiB), and parsed in one go. */
const maxNuspecBytes = 1024 * 1024;

/**
 * What a package says of itself, read from the end of the archive: two or three reads, whatever its size.
 *
 * @throws BadPackageError when this is no package: a damaged archive, no nuspec or several, one that names no package
 */
export async function readNuspec(source: ByteSource): Promise<PackageNuspec> {
  const directory = await readZipDirectory(source);
  const entry = findNuspec(directory);
  const bytes = await readEntry(source, directory, entry, maxNuspecBytes);
  return { directory, entryName: entry.name, bytes, nuspec: parseNuspec(bytes) };
}

/**
 * The one entry at the root that ends in `.nuspec`, in any case (`PackageReaderBase.GetNuspecFile` of NuGet.Packaging).
 *
 * @throws BadPackageError when there is none, or more than one
 */
export function findNuspec(directory: ZipDirectory): ZipEntry {
  const found = directory.entries.filter(({ name }) => /^\/?[^/]+\.nuspec$/i.test(name));
  const [only] = found;
  if (only === undefined) throw new BadPackageError('the archive has no .nuspec at its root: it is no NuGet package');
  if (found.length > 1) throw new BadPackageError(`the package has ${found.length} nuspecs at its root`);
  return only;
}
