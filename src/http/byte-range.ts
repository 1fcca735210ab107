import type { IncomingMessage } from 'node:http';

import parseRange from 'range-parser';

import { ProblemError } from './problem.js';

/** Bytes from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that the request asks for (RFC 9110 §14.2). Other units, several ranges, or an `If-Range` that does not match mean the whole.
 *
 * @param etag strong validator of what is sent; without one an `If-Range` never matches
 * @throws ProblemError (`bad-range`, 416) when it cannot be read or lies outside
 */
export function requestedRange(
  req: IncomingMessage,
  size: number,
  etag: string | undefined,
  lastModified: string | undefined,
): ByteRange | undefined {
  const { range } = req.headers;
  if (range === undefined || !/^bytes\s*=/i.test(range)) return undefined;
  const ifRange = req.headers['if-range'];
  if (typeof ifRange === 'string' && ifRange !== etag && ifRange !== lastModified) return undefined;
  const ranges = parseRange(size, range.replace(/\s+/g, ''));
  if (typeof ranges === 'number')
    throw new ProblemError({
      code: 'bad-range',
      detail: `the range asked for does not lie within ${size} bytes`,
      headers: { 'Content-Range': `bytes */${size}` },
    });
  const [only] = ranges;
  return ranges.length === 1 && only ? { start: only.start, end: only.end + 1 } : undefined;
}
