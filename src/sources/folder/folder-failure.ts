import type { Reason } from '../../feed/answer.js';

/** @returns the code of an error of the file system, else `undefined` */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** The path that an error of the file system is about, where it tells. */
export function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

/** Not there, or no longer. */
export const isGone = (error: unknown) => fileErrorCode(error) === 'ENOENT';

/**
 * Why a path could not be read, with what to do about it.
 *
 * @throws `error` itself when the file system did not make it
 */
export function unreadable(source: string, path: string, error: unknown): Reason {
  const code = fileErrorCode(error);
  if (code === undefined) throw error;
  return { code: 'source-unreachable', source, detail: sentence(path, code) };
}

function sentence(path: string, code: string): string {
  switch (code) {
    case 'ENOENT':
      return `${path} is not there (ENOENT): mount or create it, or correct the url of this source`;
    case 'ENOTDIR':
      return `${path} is no folder (ENOTDIR): correct the url of this source`;
    case 'EACCES':
    case 'EPERM':
      return `${path} may not be read by the user that Larder runs as (${code}): grant that right`;
    default:
      return `${path} cannot be read (${code}): look at the disk or the mount`;
  }
}
