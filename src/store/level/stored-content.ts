import type { PackageContent } from '../../feed/store.js';
import { DamagedBlobError } from '../../feed/store.js';
import { checkRange } from '../range.js';
import type { LevelRow } from './package-record.js';
import { fromRuns } from './package-record.js';
import type { Readers } from './readers.js';
import type { SharedChunks } from './shared-chunks.js';

/** The bytes of one stored package. */
export class StoredContent implements PackageContent {
  readonly size: number;
  readonly #record: number;
  readonly #chunkBytes: number;
  readonly #counters: readonly number[];
  readonly #chunks: SharedChunks;
  readonly #readers: Readers;

  constructor(row: LevelRow, chunks: SharedChunks, readers: Readers) {
    this.size = row.size;
    this.#record = row.location.record;
    this.#chunkBytes = row.location.chunkBytes;
    this.#counters = fromRuns(row.location.runs);
    this.#chunks = chunks;
    this.#readers = readers;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkRange(offset, offset + length, this.size);
    const pieces: Buffer[] = [];
    for await (const piece of this.#pieces(offset, offset + length)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  stream(start = 0, end = this.size): AsyncIterable<Buffer> {
    checkRange(start, end, this.size);
    return this.#pieces(start, end);
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    if (start === end) return;
    const last = Math.floor((end - 1) / this.#chunkBytes);
    let index = Math.floor(start / this.#chunkBytes);
    this.#readers.enter(this.#record);
    try {
      let ahead = this.#load(index);
      for (; index <= last; index++) {
        const chunk = await ahead;
        if (index < last) {
          ahead = this.#load(index + 1);
          // Its failure is told when its turn comes, or never when the reader leaves before.
          ahead.catch(() => undefined);
        }
        const chunkStart = index * this.#chunkBytes;
        yield chunk.subarray(Math.max(0, start - chunkStart), Math.min(chunk.length, end - chunkStart));
      }
    } finally {
      this.#readers.leave(this.#record);
    }
  }

  async #load(index: number): Promise<Buffer> {
    const counter = this.#counters[index];
    if (counter === undefined) throw new DamagedBlobError(`the record ${this.#record} names no chunk ${index}`);
    const chunk = await this.#chunks.load(counter);
    const expected = Math.min(this.#chunkBytes, this.size - index * this.#chunkBytes);
    if (chunk.length !== expected)
      throw new DamagedBlobError(`chunk ${counter} has ${chunk.length} bytes where ${expected} were stored`);
    return chunk;
  }
}
