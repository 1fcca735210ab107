import { LRUCache } from 'lru-cache';
import { DamagedBlobError } from '../../feed/store.js';
import { unsealChunk } from './chunk.js';

/** By its memory, not by a view: a reader's slice keeps only the memory alive. */
interface Held {
  readonly memory: WeakRef<ArrayBufferLike>;
  readonly offset: number;
  readonly length: number;
}

/**
 * Chunks in memory, shared by all who read them: a hundred readers of one package hold its chunks once, not a hundred times, and one
 * read from disk serves all who wait for it.
 */
export class SharedChunks {
  readonly #recent: LRUCache<number, Buffer>;
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
      sizeCalculation: (chunk) => Math.max(1, chunk.buffer.byteLength),
    });
  }

  /** Remembers a chunk that was just written. */
  keep(counter: number, bytes: Buffer): void {
    this.#recent.set(counter, bytes);
    this.#held.set(counter, { memory: new WeakRef(bytes.buffer), offset: bytes.byteOffset, length: bytes.length });
    this.#released.register(bytes.buffer, counter);
  }

  /** @throws DamagedBlobError when the chunk is missing or altered */
  async load(counter: number): Promise<Buffer> {
    const recent = this.#recent.get(counter);
    if (recent !== undefined) return recent;
    const held = this.#reclaim(counter);
    if (held !== undefined) {
      this.#recent.set(counter, held);
      return held;
    }
    let loading = this.#loading.get(counter);
    if (loading === undefined) {
      loading = this.#read(counter).finally(() => this.#loading.delete(counter));
      this.#loading.set(counter, loading);
    }
    return loading;
  }

  #reclaim(counter: number): Buffer | undefined {
    const held = this.#held.get(counter);
    const memory = held?.memory.deref();
    return held && memory && Buffer.from(memory, held.offset, held.length);
  }

  async #read(counter: number): Promise<Buffer> {
    const stored = await this.#readChunk(counter);
    if (stored === undefined) throw new DamagedBlobError(`chunk ${counter} is missing from the store`);
    const bytes = unsealChunk(stored);
    if (bytes === undefined) throw new DamagedBlobError(`chunk ${counter} in the store was altered`);
    this.keep(counter, bytes);
    return bytes;
  }
}
