import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';

const pieceBytes = 256 * 1024;

/**
 * Inflates raw deflate in the thread pool, holding a piece or two at a time. Must be read to the end or left by `return`: then it lets go of
 * `raw` too.
 *
 * @param rawBytes how many bytes `raw` has: all of them must belong to the deflate stream
 * @throws what zlib says of bytes that are no deflate stream (see {@link isZlibError}), and what `raw` throws
 */
export async function* inflatePieces(
  raw: AsyncIterable<Buffer>,
  rawBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  const inflater = createInflateRaw({ chunkSize: pieceBytes });
  // The error reaches the reader of `inflater`: pipeline destroys it with the same one.
  pipeline(Readable.from(raw, { highWaterMark: 1 }), inflater, () => {});
  for await (const piece of inflater) yield piece as Buffer;
  if (inflater.bytesWritten !== rawBytes)
    throw Object.assign(new Error('bytes behind the end of the deflate stream'), { code: 'Z_DATA_ERROR' });
}

/** Whether zlib says by it that the bytes are bad, or more than was allowed. */
export function isZlibError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (/^Z_(DATA|BUF|NEED_DICT|STREAM)/.test(code) || code === 'ERR_BUFFER_TOO_LARGE');
}
