import { BadPackageError } from '../../codec/bad-package.js';
import { readNuspec } from '../../codec/package-nuspec.js';
import type { Reason } from '../../feed/answer.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { isGone, unreadable } from './folder-failure.js';
import type { ListedFile } from './folder-listing.js';
import type { Lanes } from './lanes.js';
import { FileChangedError, withFile } from './opened-file.js';

/**
 * What a file turned out to be:
 * - `package`, by what its nuspec says
 * - `broken`: no package, and not about to become one
 * - `unfinished`: no package yet; it was written to a moment ago
 * - `unreadable`: a package perhaps, and its bytes cannot be had
 * - `gone` since it was listed
 */
export type FileReading =
  | { readonly kind: 'package'; readonly identity: PackageIdentity }
  | { readonly kind: 'broken'; readonly why: string }
  | { readonly kind: 'unfinished'; readonly sinceMs: number }
  | { readonly kind: 'unreadable'; readonly reason: Reason }
  | { readonly kind: 'gone' };

/** How long a file that is no package may stay as it is before it counts as broken, in milliseconds: copying it may have paused. */
const copyingMs = 10_000;

/** Whether the reading still holds while the file stays the same. */
export const isSettled = (reading: FileReading) => reading.kind === 'package' || reading.kind === 'broken';

/**
 * Reads what a file says of itself: two or three reads at its end.
 *
 * @param before what the same file, unchanged, was found to be
 */
export async function readFile(
  file: ListedFile,
  { source, lanes, nowMs, before }: { source: string; lanes: Lanes; nowMs: number; before: FileReading | undefined },
): Promise<FileReading> {
  try {
    const { nuspec } = await withFile(file, lanes, readNuspec);
    return { kind: 'package', identity: nuspec.identity };
  } catch (error) {
    if (isGone(error)) return { kind: 'gone' };
    if (error instanceof FileChangedError) return { kind: 'unfinished', sinceMs: nowMs };
    if (!(error instanceof BadPackageError))
      return { kind: 'unreadable', reason: unreadable(source, file.path, error) };
    // By our own watch, for the clock of a file server may go wrong; an old file need not wait for it.
    const sinceMs = before?.kind === 'unfinished' ? before.sinceMs : nowMs;
    const mayBeCopied = Math.abs(nowMs - file.mtimeMs) < copyingMs && nowMs - sinceMs < copyingMs;
    return mayBeCopied ? { kind: 'unfinished', sinceMs } : { kind: 'broken', why: error.message };
  }
}
