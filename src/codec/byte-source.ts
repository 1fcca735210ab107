/** Bytes that can be read at any place: a stored package, one still arriving, a buffer. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws RangeError when that passes the end */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A buffer as a byte source. */
export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length)
        throw new RangeError(`bytes ${offset}–${offset + length} lie outside ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}
