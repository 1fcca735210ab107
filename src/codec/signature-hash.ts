import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ByteSource } from './byte-source.js';
import type { ZipDirectory, ZipEntry } from './zip-directory.js';

const pieceBytes = 256 * 1024;
/** Hashed in about a millisecond: then others get their turn. */
const maxBytesPerTurn = 512 * 1024;
const headerSize = 46;
const endSignature = 0x06054b50;
const endSize = 22;
const masked32 = 0xffffffff;

/**
 * The hash of a signed package as it was before its signature was put in, which is what the signature signs
 * (`SignedPackageArchiveUtility.VerifySignedPackageIntegrity` of NuGet.Packaging): everything but the signature's entry and its directory
 * header, with the offsets behind it, the counts and the directory's size and place set back. Reads the package once, in order.
 *
 * @param signature one of the directory's entries
 * @returns `undefined` for an archive that NuGet does not sign: Zip64, or bytes between its directory and its end record
 * @throws the reason of `signal`, once it is aborted
 */
export async function hashWithoutSignature(
  source: ByteSource,
  directory: ZipDirectory,
  signature: ZipEntry,
  algorithm: string,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  const directoryEnd = directory.offset + directory.size;
  const end = await source.read(directoryEnd, Math.min(source.size - directoryEnd, endSize + 0xffff));
  if (end.length < endSize || end.readUInt32LE(0) !== endSignature || directoryEnd + end.length !== source.size)
    return undefined;
  const removed = extentOf(signature, directory);
  const hash = createHash(algorithm);
  const pieces = new PieceHash(source, hash, signal);
  await pieces.add(0, removed.start);
  await pieces.add(removed.end, directory.offset);
  const headerBytes = await addHeaders(source, directory, removed, hash);
  if (headerBytes === undefined) return undefined;
  const set = Buffer.from(end);
  set.writeUInt16LE(wrap16(end.readUInt16LE(8) - 1), 8);
  set.writeUInt16LE(wrap16(end.readUInt16LE(10) - 1), 10);
  set.writeUInt32LE(Math.max(0, end.readUInt32LE(12) - headerBytes), 12);
  set.writeUInt32LE(Math.max(0, end.readUInt32LE(16) - (removed.end - removed.start)), 16);
  return hash.update(set).digest();
}

interface Extent {
  /** Where the first entry of all begins. */
  readonly first: number;
  readonly start: number;
  readonly end: number;
}

/** An entry reaches up to the next one, whatever lies between them. */
function extentOf(signature: ZipEntry, { entries, offset }: ZipDirectory): Extent {
  const start = signature.headerOffset;
  let end = offset;
  let first = start;
  for (const { headerOffset } of entries) {
    if (headerOffset > start && headerOffset < end) end = headerOffset;
    if (headerOffset < first) first = headerOffset;
  }
  return { first, start, end };
}

/**
 * Adds the directory without the signature's header, offsets set back.
 * @returns the bytes of the signature's header
 */
async function addHeaders(
  source: ByteSource,
  directory: ZipDirectory,
  { first, start, end }: Extent,
  hash: Hash,
): Promise<number | undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let removedBytes: number | undefined;
  for (let read = 0; read < directory.size;) {
    const piece = await source.read(directory.offset + read, Math.min(pieceBytes, directory.size - read));
    read += piece.length;
    const bytes = Buffer.concat([rest, piece]);
    let at = 0;
    while (bytes.length - at >= headerSize) {
      const headerEnd =
        at + headerSize + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
      if (headerEnd > bytes.length) break;
      const offset = bytes.readUInt32LE(at + 42);
      if (offset === masked32) return undefined;
      if (offset === start) removedBytes = headerEnd - at;
      else {
        bytes.writeUInt32LE(offset - first - (offset > start ? end - start : 0), at + 42);
        hash.update(bytes.subarray(at, headerEnd));
      }
      at = headerEnd;
    }
    rest = bytes.subarray(at);
    await nextTurn();
  }
  return removedBytes;
}

/** Hashes stretches of a source piece by piece, cut where the store cuts, and gives way in between. */
class PieceHash {
  #bytesThisTurn = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly hash: Hash,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async add(start: number, end: number): Promise<void> {
    for (let at = start; at < end;) {
      const piece = await this.source.read(at, Math.min(pieceBytes - (at % pieceBytes), end - at));
      this.hash.update(piece);
      at += piece.length;
      this.#bytesThisTurn += piece.length;
      if (this.#bytesThisTurn < maxBytesPerTurn) continue;
      this.#bytesThisTurn = 0;
      await nextTurn();
      this.signal?.throwIfAborted();
    }
  }
}

const wrap16 = (value: number) => value & 0xffff;
