import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { PackageId } from '../../nuget/package-id.js';
import { PackageVersion } from '../../nuget/package-version.js';
import { concurrently } from '../concurrently.js';
import { isPackageFile } from './file-name.js';
import { fileErrorCode, isGone } from './folder-failure.js';
import type { Lanes } from './lanes.js';

/** A file that is a package by its name. */
export interface ListedFile {
  /** Below the folder, with `/`: of two files that hold the same package the first by path counts. */
  readonly path: string;
  readonly name: string;
  /** Where its bytes are: absolute, free of links. */
  readonly at: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, in ms since the epoch. */
  readonly mtimeMs: number;
  /** Differs when the file does. */
  readonly key: string;
  /** Where its `.nupkg.sha512` is, when there is one beside it. */
  readonly hashAt?: string;
}

export interface FolderListing {
  /** In no order. */
  readonly files: readonly ListedFile[];
  /** Directories and files that are there and could not be looked at. */
  readonly unreadable: readonly { readonly path: string; readonly error: unknown }[];
  /** Links that lead out of the folder or to nothing, by path: they are not followed. */
  readonly straying: readonly string[];
  /** The file system that the folder lies on. */
  readonly device: number;
}

/** Left by operating systems at the top of a disk, for nobody else to read. */
const foreignDirectories = new Set([
  'lost+found',
  'system volume information',
  '$recycle.bin',
  '#recycle',
  '#snapshot',
]);

/** Entries taken from the system at one time. */
const bufferSize = 256;
/** Files looked at while one lane is held. */
const filesPerTurn = 16;
const groupsAtOnce = 4;

/** What makes a file another file: a copy that keeps size and date still changes the time of its inode. */
export const keyOf = ({ size, mtimeMs, ctimeMs }: Stats) => `${size}/${mtimeMs}/${ctimeMs}`;

/**
 * Lists the packages of a folder in both layouts that NuGet knows (`LocalFolderUtility`, `VersionFolderPathResolver`): flat, in the folder
 * and one level below, and `id/version/`. Nothing outside the folder is touched, whatever its links say.
 *
 * @param onCount told how many files were seen so far
 * @throws the file system's error when the folder itself cannot be read, at the beginning or at the end
 * @throws the reason of `signal`, once it is aborted
 */
export async function listFolder(
  folder: string,
  lanes: Lanes,
  signal: AbortSignal,
  onCount: (files: number) => void,
): Promise<FolderListing> {
  const root = await lanes.run(() => realpath(folder));
  const before = await lanes.run(() => stat(root));
  const files: ListedFile[] = [];
  const unreadable: { path: string; error: unknown }[] = [];
  const straying: string[] = [];

  const lookAt = async (path: string, look: () => Promise<void>) => {
    try {
      await look();
    } catch (error) {
      // What vanished while we looked is not there; that the folder as a whole still is, is asked at the end.
      if (isGone(error) || fileErrorCode(error) === 'ENOTDIR') return;
      if (fileErrorCode(error) === undefined) throw error;
      unreadable.push({ path, error });
    }
  };

  /** Runs in a lane. @returns where the link leads, when that lies in the folder */
  const follow = async ({ path, at }: Place): Promise<string | undefined> => {
    try {
      const target = await realpath(at);
      if (target.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) return target;
    } catch (error) {
      const code = fileErrorCode(error);
      if (code !== 'ENOENT' && code !== 'ELOOP') throw error;
    }
    straying.push(path);
    return undefined;
  };

  /** Runs in a lane. */
  const lookAtFiles = async (directory: Place, entries: readonly Dirent[], hashes: ReadonlyMap<string, string>) => {
    for (const entry of entries) {
      signal.throwIfAborted();
      const place = below(directory, entry.name);
      await lookAt(place.path, async () => {
        const at = entry.isSymbolicLink() ? await follow(place) : place.at;
        if (at === undefined) return;
        const stats = await lstat(at);
        if (!stats.isFile()) return;
        const hash = hashes.get(`${entry.name.toLowerCase()}.sha512`);
        files.push({
          path: place.path,
          name: entry.name,
          at,
          size: stats.size,
          mtimeMs: stats.mtimeMs,
          key: keyOf(stats),
          ...(hash !== undefined && { hashAt: join(directory.at, hash) }),
        });
      });
    }
    onCount(files.length);
  };

  const visit = async (directory: Place, level: number): Promise<void> => {
    const { directories, hashes, rest } = await lanes.run(async () => {
      const entries = await readEntries(directory.at, level, signal);
      const packages = entries.filter(
        (entry) => isPackageFile(entry.name) && (entry.isFile() || entry.isSymbolicLink()),
      );
      const hashes = new Map(entries.filter(isHashFile).map(({ name }) => [name.toLowerCase(), name]));
      await lookAtFiles(directory, packages.splice(0, filesPerTurn), hashes);
      return { directories: level === 2 ? [] : entries.filter(isDirectory), hashes, rest: packages };
    });
    await concurrently(inGroups(rest, filesPerTurn), groupsAtOnce, (group) =>
      lanes.run(() => lookAtFiles(directory, group, hashes)),
    );
    const promising = directories.filter(({ name }) => isPromising(name, directory, level));
    await concurrently(promising, groupsAtOnce, async (entry) => {
      const place = below(directory, entry.name);
      await lookAt(place.path, async () => {
        const at = entry.isSymbolicLink() ? await lanes.run(() => follow(place)) : place.at;
        if (at !== undefined) await visit({ ...place, at }, level + 1);
      });
    });
  };

  await visit({ path: '', name: '', at: root }, 0);
  const after = await lanes.run(() => stat(root));
  if (after.dev !== before.dev || after.ino !== before.ino) throw new FolderReplacedError(folder);
  return { files, unreadable, straying, device: after.dev };
}

/** Another folder came to lie under the path while it was being listed. */
export class FolderReplacedError extends Error {
  override readonly name = 'FolderReplacedError';
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly at: string;
}

const below = (directory: Place, name: string): Place => ({
  path: directory.path === '' ? name : `${directory.path}/${name}`,
  name,
  at: join(directory.at, name),
});

/** On the second level only `id/version` is looked into: what lies deeper is what packages were unpacked to. */
function isPromising(name: string, directory: Place, level: number): boolean {
  if (name.startsWith('.') || foreignDirectories.has(name.toLowerCase())) return false;
  return (
    level === 0 || (PackageId.tryParse(directory.name) !== undefined && PackageVersion.tryParse(name) !== undefined)
  );
}

const isHashFile = (entry: Dirent) => entry.isFile() && /\.nupkg\.sha512$/i.test(entry.name);
const isDirectory = (entry: Dirent) => entry.isDirectory() || (entry.isSymbolicLink() && !isPackageFile(entry.name));

/** The folder itself may have a hundred thousand entries and is read in pieces; what lies below is many small directories. */
async function readEntries(directory: string, level: number, signal: AbortSignal): Promise<Dirent[]> {
  if (level > 0) return readdir(directory, { withFileTypes: true });
  const entries: Dirent[] = [];
  for await (const entry of await opendir(directory, { bufferSize })) {
    signal.throwIfAborted();
    entries.push(entry);
  }
  return entries;
}

function inGroups<T>(elements: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(elements.length / size) }, (_, i) => elements.slice(i * size, (i + 1) * size));
}
