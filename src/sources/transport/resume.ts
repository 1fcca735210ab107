import type { SourceBrokeOff } from '../../feed/source.js';
import { readContentEncoding } from './decode.js';
import { readHeader } from './header.js';
import type { ResponseHeaders } from './header.js';
import { SourceTooSlow } from './response-body.js';

/** So often a package goes on after it broke off, each time further than before. */
export const maxResumes = 3;

/** How the rest of a package can be asked for, when it breaks off. */
export interface ResumePoint {
  /** The whole, in bytes. */
  readonly size: number;
  /** For `If-Range`. */
  readonly validator: string;
}

/**
 * Whether and how an answer of 200 can be resumed (RFC 9110, 13.1.5): by a strong entity tag, else by a date that is strong because it lies
 * a second or more before the answer's own, and only where there is no entity tag at all.
 */
export function resumePointOf(headers: ResponseHeaders, size: number | undefined): ResumePoint | undefined {
  if (size === undefined || /^\s*none\s*$/i.test(readHeader(headers, 'accept-ranges') ?? '')) return undefined;
  const etag = readHeader(headers, 'etag');
  if (etag !== undefined) return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? { size, validator: etag } : undefined;
  const lastModified = readHeader(headers, 'last-modified');
  if (lastModified === undefined) return undefined;
  const ageMs = Date.parse(readHeader(headers, 'date') ?? '') - Date.parse(lastModified);
  return ageMs >= 1_000 ? { size, validator: lastModified } : undefined;
}

/** The request headers for the bytes from `offset` on. */
export function rangeFrom(offset: number, { validator }: ResumePoint): Record<string, string> {
  return { range: `bytes=${offset}-`, 'if-range': validator };
}

/** Whether an answer holds exactly the rest that was asked for, of the same package. */
export function isRest(status: number, headers: ResponseHeaders, offset: number, point: ResumePoint): boolean {
  if (status !== 206 || readContentEncoding(readHeader(headers, 'content-encoding'))?.length !== 0) return false;
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(readHeader(headers, 'content-range')?.trim() ?? '');
  if (range === null) return false;
  const [, first, last, size] = range.map(Number);
  const etag = readHeader(headers, 'etag');
  const isSame = etag === undefined || !point.validator.startsWith('"') || etag === point.validator;
  return isSame && first === offset && last === point.size - 1 && size === point.size;
}

/** Whether what ended a body may be over at the next request; a source that is merely slow stays so. */
export function mayResumeAfter(error: SourceBrokeOff): boolean {
  if (error instanceof SourceTooSlow) return false;
  return ['source-unreachable', 'source-failed', 'source-timeout'].includes(error.reason.code);
}
