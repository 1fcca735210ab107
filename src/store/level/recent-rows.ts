import { LRUCache } from 'lru-cache';
import type { Write } from './database.js';

/** Larger ones are seldom asked for again at once, and few would fit. */
const maxRowBytes = 128 * 1024;
/** What a row takes beside its value, in bytes. */
const overheadBytes = 300;
/** How long a row is taken from memory: later, what lies on the disk is to be seen. */
const recentMs = 10_000;

/**
 * Rows of the index that were just written: what one request wrote the next few read. Filled by writers alone, so that no reader can put
 * an old row in the place of a new one; between `replace` and `written` a row is looked for on the disk.
 */
export class RecentRows {
  readonly #rows: LRUCache<string, Buffer>;

  constructor(maxBytes: number) {
    this.#rows = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ length }) => length + overheadBytes,
      ttl: recentMs,
      ttlResolution: 1_000,
    });
  }

  get(key: string): Buffer | undefined {
    return this.#rows.get(key);
  }

  clear(): void {
    this.#rows.clear();
  }

  /** To be called before the rows are written. */
  replace(writes: readonly Write<string>[]): void {
    for (const { key } of writes) this.#rows.delete(key);
  }

  /** To be called once the rows are written, before anything else is written in their place. */
  written(writes: readonly Write<string>[]): void {
    for (const write of writes)
      // A copy: the writer's may be a part of something larger.
      if (write.type === 'put' && write.value.length <= maxRowBytes)
        this.#rows.set(write.key, Buffer.from(write.value));
  }
}
