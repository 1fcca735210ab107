import { setImmediate as nextTurn } from 'node:timers/promises';
import { BadPackageError, quoteFromPackage } from './bad-package.js';
import type { ByteSource } from './byte-source.js';
import { readEndRecord } from './zip-end-record.js';
import { decodeEntryName } from './zip-name.js';
import { readZip64Fields } from './zip64-fields.js';

export interface ZipEntry {
  /** With `/` between folders, whatever the writer used. */
  readonly name: string;
  /** Bytes in the archive. */
  readonly compressedSize: number;
  /** Bytes of the file itself. */
  readonly size: number;
  /** Of the file itself. */
  readonly crc32: number;
  /** 0: stored, 8: deflated; others cannot be read here. */
  readonly method: number;
  readonly flags: number;
  /** Where the local header lies in the archive. */
  readonly headerOffset: number;
}

export interface ZipDirectory {
  /** In the directory's own order. */
  readonly entries: readonly ZipEntry[];
  /** Where the directory begins: no entry reaches past it. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

export interface ZipDirectoryLimits {
  readonly maxEntries?: number;
  readonly maxDirectoryBytes?: number;
}

const headerSignature = 0x02014b50;
const headerSize = 46;
/** The least that an entry takes in front of its bytes. */
const localHeaderSize = 30;
/** Parsed in one turn of the loop: some 3,000 entries, 2 ms. */
const pieceBytes = 256 * 1024;
const flagEncrypted = 0x1 | 0x40 | 0x2000;
const flagUtf8 = 0x800;

/**
 * Reads a zip archive's list of entries from its end, without the entries themselves (APPNOTE.TXT 4.3.12).
 *
 * @throws BadPackageError when the archive is truncated, damaged, split, encrypted, larger than the limits, or its entries do not lie one
 * beside the other before the directory
 */
export async function readZipDirectory(source: ByteSource, limits: ZipDirectoryLimits = {}): Promise<ZipDirectory> {
  const { maxEntries = 100_000, maxDirectoryBytes = 64 * 1024 * 1024 } = limits;
  const end = await readEndRecord(source);
  const { directoryOffset: offset, directorySize: size, entryCount } = end;
  if (entryCount > maxEntries)
    throw new BadPackageError(`the archive has ${entryCount} entries, more than the ${maxEntries} that are allowed`);
  if (size > maxDirectoryBytes)
    throw new BadPackageError(
      `the zip directory takes ${size} bytes, more than the ${maxDirectoryBytes} that are allowed`,
    );
  if (entryCount * headerSize > size) throw new BadPackageError('the zip directory is too short for its entries');

  const entries: ZipEntry[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let headersEnd = 0;
  for (let read = 0; read < size && entries.length < entryCount;) {
    if (read > 0) await nextTurn();
    const piece = await source.read(offset + read, Math.min(pieceBytes, size - read));
    read += piece.length;
    rest = parseHeaders(rest.length > 0 ? Buffer.concat([rest, piece]) : piece, offset, entryCount, entries);
    headersEnd = read - rest.length;
  }
  if (entries.length !== entryCount || headersEnd !== size)
    throw new BadPackageError(
      `the zip directory does not hold the ${entryCount} entries that its end record announces: the file is damaged`,
    );
  requireDisjoint(entries);
  return { entries, offset, size };
}

/** Appends the headers that are whole, and @returns the bytes after them. */
function parseHeaders(bytes: Buffer, directoryOffset: number, entryCount: number, entries: ZipEntry[]): Buffer {
  let at = 0;
  while (bytes.length - at >= headerSize && entries.length < entryCount) {
    if (bytes.readUInt32LE(at) !== headerSignature)
      throw new BadPackageError('the zip directory is not where the end record says: the file is damaged');
    const nameEnd = at + headerSize + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const headerEnd = extraEnd + bytes.readUInt16LE(at + 32);
    if (headerEnd > bytes.length) break;
    const entry = readHeader(bytes.subarray(at, headerEnd), nameEnd - at, extraEnd - at);
    if (entry.headerOffset + localHeaderSize + entry.compressedSize > directoryOffset)
      throw new BadPackageError(`the entry ${quoteFromPackage(entry.name)} does not lie inside the archive`);
    entries.push(entry);
    at = headerEnd;
  }
  return bytes.subarray(at);
}

function readHeader(header: Buffer, nameEnd: number, extraEnd: number): ZipEntry {
  const flags = header.readUInt16LE(8);
  const name = decodeEntryName(header.subarray(headerSize, nameEnd), (flags & flagUtf8) !== 0);
  if ((flags & flagEncrypted) !== 0) throw new BadPackageError(`the entry ${quoteFromPackage(name)} is encrypted`);
  const fields = readZip64Fields(header.subarray(nameEnd, extraEnd), {
    size: header.readUInt32LE(24),
    compressedSize: header.readUInt32LE(20),
    headerOffset: header.readUInt32LE(42),
    disk: header.readUInt16LE(34),
  });
  if (fields === undefined) throw new BadPackageError(`the entry ${quoteFromPackage(name)} has a damaged Zip64 field`);
  const { size, compressedSize, headerOffset, disk } = fields;
  if (disk !== 0) throw new BadPackageError('the zip archive is split over several files');
  return {
    name,
    compressedSize,
    size,
    crc32: header.readUInt32LE(16),
    method: header.readUInt16LE(10),
    flags,
    headerOffset,
  };
}

/** Two entries that share bytes make an archive far larger inside than outside. Sorted apart, no start may come before the end before it. */
function requireDisjoint(entries: readonly ZipEntry[]): void {
  const starts = Float64Array.from(entries, (entry) => entry.headerOffset).sort();
  const ends = Float64Array.from(
    entries,
    (entry) => entry.headerOffset + localHeaderSize + entry.compressedSize,
  ).sort();
  for (let i = 1; i < starts.length; i++)
    if ((starts[i] ?? 0) < (ends[i - 1] ?? 0)) throw new BadPackageError('two entries of the archive share bytes');
}
