import type { ByteSource } from './byte-source.js';

/**
 * Reads ahead, so that many small reads in rising order cost one large read each `windowBytes`. Holds one window.
 * For one reader: reads must not overlap in time.
 */
export function windowSource(source: ByteSource, windowBytes = 256 * 1024): ByteSource {
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  return {
    size: source.size,
    async read(offset, length) {
      if (offset < start || offset + length > start + window.length) {
        if (length >= windowBytes) return source.read(offset, length);
        window = await source.read(offset, Math.max(length, Math.min(windowBytes, source.size - offset)));
        start = offset;
      }
      return window.subarray(offset - start, offset - start + length);
    },
  };
}
