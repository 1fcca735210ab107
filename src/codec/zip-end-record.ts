import { BadPackageError } from './bad-package.js';
import type { ByteSource } from './byte-source.js';

/** Where the central directory lies and how many entries it has (APPNOTE.TXT 4.3.16, Zip64: 4.3.14 and 4.3.15). */
export interface ZipEndRecord {
  readonly entryCount: number;
  readonly directoryOffset: number;
  /** Bytes. */
  readonly directorySize: number;
}

const endSignature = 0x06054b50;
const endSize = 22;
const maxCommentSize = 0xffff;
const locatorSignature = 0x07064b50;
const locatorSize = 20;
const zip64Signature = 0x06064b50;
const zip64Size = 56;

/**
 * Finds the end record: the last one that could be, as every reader of packages does, and nothing may follow its comment.
 * Reads the last 22 bytes, and only where a comment follows up to 64 KiB.
 *
 * @throws BadPackageError when there is none, or it tells of something outside the file
 */
export async function readEndRecord(source: ByteSource): Promise<ZipEndRecord> {
  if (source.size < endSize) throw new BadPackageError('the file is too short to be a zip archive');
  const { record, offset } = await findEndRecord(source);
  if (record.readUInt16LE(20) !== source.size - offset - endSize)
    throw new BadPackageError('the file does not end where its zip end record says');
  const counts = [record.readUInt16LE(8), record.readUInt16LE(10)] as const;
  const directorySize = record.readUInt32LE(12);
  const directoryOffset = record.readUInt32LE(16);
  const disks = [record.readUInt16LE(4), record.readUInt16LE(6)] as const;
  const masked = [...counts, ...disks].includes(0xffff) || [directorySize, directoryOffset].includes(0xffffffff);
  const zip64 = masked ? await readZip64Record(source, offset) : undefined;
  if (zip64) return zip64;
  if (disks[0] !== 0 || disks[1] !== 0 || counts[0] !== counts[1]) throw new BadPackageError(multiDisk);
  return withinFile({ entryCount: counts[0], directoryOffset, directorySize }, offset);
}

async function findEndRecord(source: ByteSource): Promise<{ record: Buffer; offset: number }> {
  const plain = await source.read(source.size - endSize, endSize);
  if (plain.readUInt32LE(0) === endSignature) return { record: plain, offset: source.size - endSize };
  const tailSize = Math.min(source.size, endSize + maxCommentSize);
  const tail = await source.read(source.size - tailSize, tailSize);
  const at = tail.lastIndexOf('PK\u0005\u0006', tailSize - endSize, 'latin1');
  if (at < 0)
    throw new BadPackageError('the zip end record is missing: the file is truncated, or it is no zip archive');
  return { record: tail.subarray(at, at + endSize), offset: source.size - tailSize + at };
}

async function readZip64Record(source: ByteSource, endOffset: number): Promise<ZipEndRecord | undefined> {
  if (endOffset < locatorSize) return undefined;
  const locator = await source.read(endOffset - locatorSize, locatorSize);
  if (locator.readUInt32LE(0) !== locatorSignature) return undefined;
  const offset = toNumber(locator.readBigUInt64LE(8));
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1) throw new BadPackageError(multiDisk);
  if (offset + zip64Size > endOffset - locatorSize)
    throw new BadPackageError('the Zip64 end record lies outside the file');
  const record = await source.read(offset, zip64Size);
  if (record.readUInt32LE(0) !== zip64Signature)
    throw new BadPackageError('the Zip64 end record is not where its locator says');
  if (record.readUInt32LE(16) !== 0 || record.readUInt32LE(20) !== 0) throw new BadPackageError(multiDisk);
  const entryCount = toNumber(record.readBigUInt64LE(32));
  if (toNumber(record.readBigUInt64LE(24)) !== entryCount) throw new BadPackageError(multiDisk);
  const directorySize = toNumber(record.readBigUInt64LE(40));
  return withinFile({ entryCount, directorySize, directoryOffset: toNumber(record.readBigUInt64LE(48)) }, offset);
}

const multiDisk = 'the zip archive is split over several files';

function withinFile(end: ZipEndRecord, endOffset: number): ZipEndRecord {
  if (end.directoryOffset + end.directorySize > endOffset)
    throw new BadPackageError(
      'the zip directory does not lie before the end record: the file is damaged or has lost bytes',
    );
  return end;
}

/** 64-bit numbers past what a file can have become infinite, and so fail every bound. */
function toNumber(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
}
