import { chunkKey } from '../keys.js';
import type { Database, Write } from './database.js';

/** LevelDB copies a batch on the event loop: at 2 MiB that took 14 ms with four packages at full speed, at 1 MiB 8 ms at no loss. */
const maxBatchBytes = 1024 * 1024;
/** How many counters are set aside at a time: 1 GiB of chunks. */
const reservation = 4096;

interface Queued {
  readonly writes: Write<Buffer>[];
  readonly bytes: number;
  readonly sync: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The log of chunks and commit records. Keys come from one counter and are written in its order, because only then LevelDB never
 * rewrites a table: that is what the single queue is for. One batch is in flight; the next takes what was queued meanwhile and goes
 * to the disk itself when any of its members asks for that.
 */
export class BlobLog {
  readonly #blobs: Database<Buffer>;
  readonly #reserve: (until: number) => Promise<void>;
  #nextCounter: number;
  #reservedUntil: number;
  #queue: Queued[] = [];
  #draining: Promise<void> | undefined;

  /** `reserve` makes durable that counters below `until` may be in use. */
  constructor(blobs: Database<Buffer>, nextCounter: number, reserve: (until: number) => Promise<void>) {
    this.#blobs = blobs;
    this.#nextCounter = nextCounter;
    this.#reservedUntil = nextCounter;
    this.#reserve = reserve;
  }

  get nextCounter(): number {
    return this.#nextCounter;
  }

  /** Gives out a counter, never twice in the life of a store. Its value is to be queued before anything else runs. */
  takeCounter(): number {
    return this.#nextCounter++;
  }

  /** Queues `writes`, all of which happen or none. @throws when the disk refuses; later writes are not concerned */
  write(writes: Write<Buffer>[], sync: boolean): Promise<void> {
    const bytes = writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0);
    const written = new Promise<void>((resolve, reject) => {
      this.#queue.push({ writes, bytes, sync, resolve, reject });
    });
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return written;
  }

  readChunk(counter: number): Promise<Buffer | undefined> {
    return this.#blobs.get(chunkKey(counter), true);
  }

  /** Resolves when nothing is queued any more. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    // Lets those who queue in this same turn into the first batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      try {
        if (this.#nextCounter > this.#reservedUntil) {
          const until = this.#nextCounter + reservation;
          await this.#reserve(until);
          this.#reservedUntil = until;
        }
        await this.#blobs.batch(
          group.flatMap((member) => member.writes),
          group.some((member) => member.sync),
        );
        for (const member of group) member.resolve();
      } catch (error) {
        for (const member of group) member.reject(error);
      }
    }
  }

  #takeGroup(): Queued[] {
    let count = 0;
    let bytes = 0;
    for (const member of this.#queue) {
      if (count > 0 && bytes + member.bytes > maxBatchBytes) break;
      bytes += member.bytes;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}
