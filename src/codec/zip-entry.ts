import { crc32, inflateRawSync } from 'node:zlib';
import { BadPackageError, quoteFromPackage } from './bad-package.js';
import type { ByteSource } from './byte-source.js';
import { inflatePieces, isZlibError } from './inflate-pieces.js';
import type { ZipDirectory, ZipEntry } from './zip-directory.js';

const localSignature = 0x04034b50;
const localSize = 30;
const stored = 0;
const deflated = 8;
/** More than this one byte of deflate cannot become: a size above it is a lie. */
const maxExpansion = 1032;
const pieceBytes = 256 * 1024;
/** Inflated in one go in under a millisecond, cheaper than a trip to the thread pool. */
const maxSyncBytes = 64 * 1024;

/**
 * One entry's bytes, checked against the size and CRC-32 that the directory tells, in pieces of at most 256 KiB. A mismatch may only be seen
 * at the end: what was yielded before is then not to be trusted.
 *
 * @throws BadPackageError naming the entry, when its bytes are not what the directory says
 */
export async function* streamEntry(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
): AsyncGenerator<Buffer, void, undefined> {
  const start = await locateEntry(source, directory, entry);
  if (entry.compressedSize <= maxSyncBytes && entry.size <= maxSyncBytes) {
    const bytes = inflateAtOnce(await source.read(start, entry.compressedSize), entry);
    requireChecksum(entry, bytes.length, crc32(bytes));
    if (bytes.length > 0) yield bytes;
    return;
  }
  const raw = readPieces(source, start, entry.compressedSize);
  let size = 0;
  let checksum = 0;
  try {
    for await (const piece of entry.method === deflated ? inflatePieces(raw, entry.compressedSize) : raw) {
      size += piece.length;
      if (size > entry.size) throw new BadPackageError(`the entry ${quote(entry)} is larger than its announced size`);
      checksum = crc32(piece, checksum);
      yield piece;
    }
  } catch (error) {
    if (isZlibError(error)) throw undeflatable(entry, error);
    throw error;
  }
  requireChecksum(entry, size, checksum);
}

/**
 * One small entry as a whole, checked like {@link streamEntry}.
 *
 * @throws BadPackageError also when it is larger than `maxBytes`
 */
export async function readEntry(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  maxBytes: number,
): Promise<Buffer> {
  if (entry.size > maxBytes)
    throw new BadPackageError(
      `the entry ${quote(entry)} has ${entry.size} bytes, more than the ${maxBytes} that are allowed`,
    );
  const pieces: Buffer[] = [];
  for await (const piece of streamEntry(source, directory, entry)) pieces.push(piece);
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

/** @returns where the entry's bytes begin, behind its local header */
async function locateEntry(source: ByteSource, directory: ZipDirectory, entry: ZipEntry): Promise<number> {
  if (entry.method !== stored && entry.method !== deflated)
    throw new BadPackageError(
      `the entry ${quote(entry)} is compressed by method ${entry.method}, which cannot be read here`,
    );
  if (entry.method === stored ? entry.size !== entry.compressedSize : entry.size > entry.compressedSize * maxExpansion)
    throw new BadPackageError(`the entry ${quote(entry)} announces a size that its bytes cannot have`);
  const header = await source.read(entry.headerOffset, localSize);
  if (header.readUInt32LE(0) !== localSignature)
    throw new BadPackageError(`the entry ${quote(entry)} is not where the zip directory says: the file is damaged`);
  if (header.readUInt16LE(8) !== entry.method)
    throw new BadPackageError(`the entry ${quote(entry)} is compressed otherwise than the zip directory says`);
  const start = entry.headerOffset + localSize + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + entry.compressedSize > directory.offset)
    throw new BadPackageError(`the entry ${quote(entry)} does not lie inside the archive`);
  return start;
}

function inflateAtOnce(raw: Buffer, entry: ZipEntry): Buffer {
  if (entry.method === stored) return raw;
  try {
    const { buffer, engine } = inflateRawSync(raw, { info: true, maxOutputLength: entry.size + 1 }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (engine.bytesWritten !== raw.length)
      throw new BadPackageError(`the entry ${quote(entry)} has bytes behind its end`);
    return buffer;
  } catch (error) {
    if (isZlibError(error)) throw undeflatable(entry, error);
    throw error;
  }
}

async function* readPieces(source: ByteSource, start: number, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < size; at += pieceBytes) yield await source.read(start + at, Math.min(pieceBytes, size - at));
}

function requireChecksum(entry: ZipEntry, size: number, checksum: number): void {
  if (size !== entry.size)
    throw new BadPackageError(`the entry ${quote(entry)} has ${size} bytes instead of the announced ${entry.size}`);
  if (checksum !== entry.crc32)
    throw new BadPackageError(`the entry ${quote(entry)} does not match its CRC-32: the file is damaged`);
}

function undeflatable(entry: ZipEntry, cause: Error): BadPackageError {
  const tooLarge = 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
  const complaint = tooLarge ? 'is larger than its announced size' : 'cannot be inflated: the file is damaged';
  return new BadPackageError(`the entry ${quote(entry)} ${complaint}`, { cause });
}

const quote = (entry: ZipEntry) => quoteFromPackage(entry.name);
