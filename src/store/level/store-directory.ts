import type { Dirent } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The store's directory cannot be used. The message names it, the reason and what to do. */
export class StorePathError extends Error {
  override readonly name = 'StorePathError';
}

const cacheTag = `Signature: 8a477f597d28d172789f06886806bc55
# Everything here can be fetched again: backups may leave it out. See https://bford.info/cachedir/
`;

/** Makes the directory with its cache tag. @throws StorePathError */
export async function prepareDirectory(path: string): Promise<void> {
  try {
    await mkdir(join(path, 'blobs'), { recursive: true });
    await writeFile(join(path, 'CACHEDIR.TAG'), cacheTag);
  } catch (error) {
    throw pathError(path, error as NodeJS.ErrnoException);
  }
}

/** What a failed file operation says to the person who configured `path`. */
export function pathError(path: string, error: NodeJS.ErrnoException): StorePathError {
  const [reason, step] = explain(error);
  return new StorePathError(`the store ${path} cannot be used: ${reason}. ${step}`, { cause: error });
}

function explain(error: NodeJS.ErrnoException): [reason: string, nextStep: string] {
  switch (error.code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return ['a file is in its place', 'Name a directory, or move the file away.'];
    case 'EACCES':
    case 'EPERM':
      return [`${processUser()} may not write there`, 'Give that user the directory, or name another path.'];
    case 'EROFS':
      return ['its file system is read-only', 'Mount it writable, or name another path.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['its disk is full', 'Free some space, or name a path on another disk.'];
    default:
      return [error.message, 'See to that, or name another path.'];
  }
}

function processUser(): string {
  return process.getuid === undefined ? 'this user' : `user ${process.getuid()}`;
}

/** Bytes of all files below `path`. Files that go away meanwhile, as LevelDB's do, count as gone. @param isLeftOut of a file or directory, by its path */
export async function directoryBytes(
  path: string,
  isLeftOut: (path: string) => boolean = () => false,
): Promise<number> {
  let bytes = 0;
  for (const entry of await entriesOf(path)) {
    const below = join(path, entry.name);
    if (isLeftOut(below)) continue;
    if (entry.isDirectory()) bytes += await directoryBytes(below, isLeftOut);
    else bytes += await fileBytes(below);
  }
  return bytes;
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function fileBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
