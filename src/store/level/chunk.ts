import { crc32 } from 'node:zlib';
import { ChunkMemory, ChunkUse } from './chunk-memory.js';

/** Bytes of a package in one chunk; only its last chunk is shorter. */
export const chunkBytes = 256 * 1024;
const firstCapacity = 32 * 1024;
const checksumBytes = 4;

/** Memory that is kept for chunks to come, in chunks. */
const maxFreeChunks = 16;

export const createChunkMemory = () => new ChunkMemory(chunkBytes + checksumBytes, maxFreeChunks);

/** A chunk being filled. Views of its bytes stay valid while it grows. */
export class GrowingChunk {
  #buffer: Buffer;
  #used = 0;
  /** Of the memory it is in now. */
  use: ChunkUse;

  /** `isFirst`: most packages are smaller than a chunk, so the first one starts small. */
  constructor(
    isFirst: boolean,
    private readonly memory: ChunkMemory,
  ) {
    this.#buffer = isFirst ? Buffer.allocUnsafeSlow(firstCapacity + checksumBytes) : memory.take();
    this.use = new ChunkUse(this.#buffer.buffer, memory);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  get isFull(): boolean {
    return this.#used === chunkBytes;
  }

  /** Takes what fits of `piece`. @returns how many bytes that was */
  take(piece: Buffer): number {
    const length = Math.min(piece.length, chunkBytes - this.#used);
    this.#makeRoom(this.#used + length);
    piece.copy(this.#buffer, this.#used, 0, length);
    this.#used += length;
    return length;
  }

  /** The stored form: the bytes, then their CRC-32. Nothing may be taken afterwards. */
  seal(): Buffer {
    this.#buffer.writeUInt32BE(crc32(this.bytes), this.#used);
    return this.#buffer.subarray(0, this.#used + checksumBytes);
  }

  #makeRoom(needed: number): void {
    if (needed + checksumBytes <= this.#buffer.length) return;
    const doubled = 2 * (this.#buffer.length - checksumBytes);
    const larger = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(needed, doubled)) + checksumBytes);
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
    this.use = new ChunkUse(larger.buffer, this.memory);
  }
}

/** The bytes in a stored chunk; `undefined` when they are not those that were stored. */
export function unsealChunk(stored: Buffer): Buffer | undefined {
  if (stored.length < checksumBytes) return undefined;
  const bytes = stored.subarray(0, stored.length - checksumBytes);
  return crc32(bytes) === stored.readUInt32BE(bytes.length) ? bytes : undefined;
}
