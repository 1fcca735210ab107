import type { PackageContent } from '../../feed/store.js';
import { DamagedBlobError, MovedBlobError } from '../../feed/store.js';
import { checkRange } from '../range.js';
import type { Generations } from './generations.js';
import type { LevelRow } from './package-record.js';
import { fromRuns } from './package-record.js';
import type { Shelf } from './shelf.js';

/** The bytes of one stored package, wherever eviction moves them meanwhile. */
export class StoredContent implements PackageContent {
  readonly size: number;
  #row: LevelRow;
  #counters: readonly number[];
  readonly #shelf: Shelf;
  readonly #generations: Generations;
  readonly #countsAsUse: boolean;

  constructor(row: LevelRow, shelf: Shelf, generations: Generations, countsAsUse: boolean) {
    this.size = row.size;
    this.#row = row;
    this.#counters = fromRuns(row.location.runs);
    this.#shelf = shelf;
    this.#generations = generations;
    this.#countsAsUse = countsAsUse;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkRange(offset, offset + length, this.size);
    const pieces: Buffer[] = [];
    for await (const piece of this.#pieces(offset, offset + length)) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  stream(start = 0, end = this.size): AsyncIterable<Buffer> {
    checkRange(start, end, this.size);
    return this.#pieces(start, end, this.#countsAsUse);
  }

  async *#pieces(start: number, end: number, countsAsUse = false): AsyncGenerator<Buffer> {
    if (start === end) return;
    const { chunkBytes } = this.#row.location;
    const last = Math.floor((end - 1) / chunkBytes);
    let index = Math.floor(start / chunkBytes);
    // Between this look and entering nothing else runs: who has entered is not left behind.
    while (this.#isLeaving()) await this.#follow();
    const entered = this.#row;
    this.#shelf.readers.enter(entered);
    if (countsAsUse) this.#shelf.used.mark(entered.location.record, entered.size);
    try {
      let ahead = this.#load(index);
      for (; index <= last; index++) {
        const chunk = await ahead;
        if (index < last) {
          ahead = this.#load(index + 1);
          // Its failure is told when its turn comes, or never when the reader leaves before.
          ahead.catch(() => undefined);
        }
        const chunkStart = index * chunkBytes;
        yield chunk.subarray(Math.max(0, start - chunkStart), Math.min(chunk.length, end - chunkStart));
      }
    } finally {
      this.#shelf.readers.leave(entered);
    }
  }

  /** Whether the bytes are about to go from where they are, or have gone. */
  #isLeaving(): boolean {
    return (
      !this.#generations.holds(this.#row) ||
      [...this.#generations.under(this.#row)].some((generation) => generation.isLeaving)
    );
  }

  /**
   * @throws MovedBlobError when the package is not kept any more
   * @throws DamagedBlobError when it should be here and is not
   */
  async #follow(): Promise<void> {
    const now = await this.#shelf.find(this.#row.identity);
    const { identity, sha512, location } = this.#row;
    if (now?.location.record === location.record)
      throw new DamagedBlobError(`${identity.key} lies in a part of the store that is not here`);
    if (now?.sha512 !== sha512 || now.location.chunkBytes !== location.chunkBytes)
      throw new MovedBlobError(`${identity.key} is not kept any more`);
    this.#row = now;
    this.#counters = fromRuns(now.location.runs);
  }

  async #load(index: number): Promise<Buffer> {
    const row = this.#row;
    const counter = this.#counters[index];
    if (counter === undefined) throw new DamagedBlobError(`the record ${row.location.record} names no chunk ${index}`);
    let chunk: Buffer;
    try {
      chunk = await this.#shelf.chunks.load(counter);
    } catch (error) {
      if (!(error instanceof DamagedBlobError) || this.#generations.of(counter) !== undefined) throw error;
      if (this.#row === row) await this.#follow();
      return this.#load(index);
    }
    const expected = Math.min(row.location.chunkBytes, this.size - index * row.location.chunkBytes);
    if (chunk.length !== expected)
      throw new DamagedBlobError(`chunk ${counter} has ${chunk.length} bytes where ${expected} were stored`);
    return chunk;
  }
}
