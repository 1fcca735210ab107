import { crc32 } from 'node:zlib';
import type { Fact } from '../../feed/store.js';

/** A fact as its row holds it. */
export type Header = Omit<Fact, 'key'>;

const mark = '\n';

/** JSON, and behind a line feed the CRC-32 of it in hexadecimal. */
export function encodeHeader(header: Header): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  return Buffer.concat([json, Buffer.from(mark + crc32(json).toString(16))]);
}

/**
 * Rows of before there was a checksum are read without.
 * @throws SyntaxError when it is not what was written
 */
export function decodeHeader(row: Buffer): Header {
  const end = row.lastIndexOf(mark);
  const json = end < 0 ? row : row.subarray(0, end);
  if (end >= 0 && row.subarray(end + 1).toString() !== crc32(json).toString(16))
    throw new SyntaxError('the checksum of a fact is not the one that it was written with');
  return JSON.parse(json.toString()) as Header;
}
