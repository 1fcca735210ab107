import type { ByteSource } from './byte-source.js';
import type { ZipDirectory, ZipEntry } from './zip-directory.js';
import { readEntry } from './zip-entry.js';

const defaultMaxBytes = 10 * 1024 * 1024;

/**
 * A file that the nuspec names: icon, readme, licence.
 *
 * @param path as the nuspec writes it
 * @returns `undefined` when the package has no such file
 * @throws BadPackageError when it is damaged, or larger than `maxBytes`
 */
export async function readPackageFile(
  source: ByteSource,
  directory: ZipDirectory,
  path: string,
  maxBytes = defaultMaxBytes,
): Promise<Buffer | undefined> {
  const entry = findPackageFile(directory, path);
  return entry && readEntry(source, directory, entry, maxBytes);
}

/**
 * The entry of a path in the package: without case, `\` as `/`, percent signs as OPC writes them in entry names.
 *
 * @returns `undefined` when there is none; a path with `..` never has one
 */
export function findPackageFile(directory: ZipDirectory, path: string): ZipEntry | undefined {
  const segments = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0 || segments.includes('..') || path.endsWith('/')) return undefined;
  const wanted = segments.join('/').toLowerCase();
  const names = (name: string) => name.length >= wanted.length && withoutLead(name).toLowerCase() === wanted;
  return (
    directory.entries.find(({ name }) => names(name)) ??
    directory.entries.find(({ name }) => name.includes('%') && names(decodePercents(name)))
  );
}

const withoutLead = (name: string) => (/^[./]/.test(name) ? name.replace(/^(?:\.?\/)+/, '') : name);

function decodePercents(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // A percent sign that is just one.
    return name;
  }
}
