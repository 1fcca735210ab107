import { LRUCache } from 'lru-cache';
import { DamagedBlobError } from '../../feed/store.js';
import type { Loan } from '../../feed/store.js';
import type { ChunkUse } from './chunk-memory.js';
import { createChunkMemory, unsealChunk } from './chunk.js';
import { isCorruption } from './corruption.js';

/** By its memory, not by a view: a reader's slice keeps only the memory alive. */
interface Held {
  readonly memory: WeakRef<ArrayBufferLike>;
  readonly offset: number;
  readonly length: number;
  readonly use: ChunkUse | undefined;
}

/** `use` where its memory can be used again: not where LevelDB gave it. */
interface Kept {
  readonly bytes: Buffer;
  readonly use: ChunkUse | undefined;
}

/**
 * Chunks in memory, shared by all who read them: a hundred readers of one package hold its chunks once, not a hundred times, and one
 * read from disk serves all who wait for it.
 */
export class SharedChunks {
  readonly memory = createChunkMemory();
  readonly #recent: LRUCache<number, Kept>;
  readonly #loading = new Map<number, Promise<Buffer>>();
  /** Memory of chunks that fell out of `recent` while slow readers still hold parts of them. */
  readonly #held = new Map<number, Held>();
  readonly #released = new FinalizationRegistry<number>((counter) => {
    if (this.#held.get(counter)?.memory.deref() === undefined) this.#held.delete(counter);
  });
  readonly #readChunk: (counter: number) => Promise<Buffer | undefined>;

  constructor(maxBytes: number, readChunk: (counter: number) => Promise<Buffer | undefined>) {
    this.#readChunk = readChunk;
    this.#recent = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes.buffer.byteLength),
      dispose: ({ use }, counter, reason) => {
        if (reason !== 'set') this.#letGo(counter, use);
      },
    });
  }

  /** Remembers a chunk that was just written. */
  keep(counter: number, bytes: Buffer, use?: ChunkUse): void {
    const { buffer, byteOffset, length } = bytes;
    this.#held.set(counter, { memory: new WeakRef(buffer), offset: byteOffset, length, use });
    this.#released.register(buffer, counter);
    this.#remember(counter, { bytes, use });
  }

  /** Bytes of a chunk that is in memory, for a while. */
  lend(counter: number, from: number, to: number): Loan | undefined {
    const kept = this.#inMemory(counter);
    if (kept === undefined) return undefined;
    const bytes = kept.bytes.subarray(from, to);
    return kept.use?.lend(bytes) ?? { bytes, release: () => undefined };
  }

  /** @throws DamagedBlobError when the chunk is missing or altered */
  async load(counter: number): Promise<Buffer> {
    const kept = this.#inMemory(counter);
    kept?.use?.share();
    if (kept !== undefined) return kept.bytes;
    let loading = this.#loading.get(counter);
    if (loading === undefined) {
      loading = this.#read(counter).finally(() => this.#loading.delete(counter));
      this.#loading.set(counter, loading);
    }
    return loading;
  }

  #inMemory(counter: number): Kept | undefined {
    const recent = this.#recent.get(counter);
    if (recent !== undefined) return recent;
    const held = this.#held.get(counter);
    const memory = held?.memory.deref();
    if (held === undefined || memory === undefined) return undefined;
    held.use?.keep();
    const kept = { bytes: Buffer.from(memory, held.offset, held.length), use: held.use };
    this.#remember(counter, kept);
    return kept;
  }

  #remember(counter: number, kept: Kept): void {
    this.#recent.set(counter, kept);
    // What is larger than the whole cache is not taken in.
    if (!this.#recent.has(counter)) this.#letGo(counter, kept.use);
  }

  #letGo(counter: number, use: ChunkUse | undefined): void {
    use?.letGo(() => this.#held.delete(counter));
  }

  async #read(counter: number): Promise<Buffer> {
    const stored = await this.#readChunk(counter).catch((error: unknown) => {
      if (!isCorruption(error)) throw error;
      throw new DamagedBlobError(`chunk ${counter} in the store was altered`, { cause: error });
    });
    if (stored === undefined) throw new DamagedBlobError(`chunk ${counter} is missing from the store`);
    const bytes = unsealChunk(stored);
    if (bytes === undefined) throw new DamagedBlobError(`chunk ${counter} in the store was altered`);
    this.keep(counter, bytes);
    return bytes;
  }
}
