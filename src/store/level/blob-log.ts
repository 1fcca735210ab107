import { endKey, readBlobKey } from '../keys.js';
import { valueBytes } from './database.js';
import type { Write } from './database.js';
import type { Generation } from './generation.js';
import { entryOverheadBytes } from './generations.js';
import type { Generations } from './generations.js';
import { WriteQueue } from './write-queue.js';
import type { Queued } from './write-queue.js';

/** LevelDB copies a batch on the event loop: at 2 MiB that took 14 ms with four packages at full speed, at 1 MiB 8 ms at no loss. */
const maxBatchBytes = 1024 * 1024;
/** How many counters are set aside at a time: 1 GiB of chunks. */
const reservation = 4096;

interface Entries extends Queued {
  readonly writes: Write<Buffer>[];
  readonly sync: boolean;
  /** Begins a generation first, whose counters start here. */
  readonly rollAt?: number;
}

export interface BlobLogOptions {
  readonly generations: Generations;
  readonly nextCounter: number;
  /** Makes durable that counters below `until` may be in use. */
  readonly reserve: (until: number) => Promise<void>;
  /** How much one generation takes before the next is begun. */
  readonly generationBytes: () => number;
  /** Makes an empty generation whose counters start at `first`; leaves nothing behind when that fails. */
  readonly begin: (number: number, first: number) => Promise<Generation>;
  readonly onGrown?: () => void;
}

/**
 * The log of chunks, commit records and removals. Keys come from one counter and are written in its order, because only then LevelDB
 * never rewrites a table: that is what the single queue is for. One batch is in flight; the next takes what was queued meanwhile and
 * goes to the disk itself when any of its members asks for that. Between two batches the log goes on in a new generation once the
 * newest has taken its share.
 */
export class BlobLog {
  readonly #options: BlobLogOptions;
  #nextCounter: number;
  #reservedUntil: number;
  readonly #queue: WriteQueue<Entries>;

  constructor(options: BlobLogOptions) {
    this.#options = options;
    this.#nextCounter = options.nextCounter;
    this.#reservedUntil = options.nextCounter;
    this.#queue = new WriteQueue({
      maxBytes: maxBatchBytes,
      commit: (group) => this.#writeGroup(group),
      ...(options.onGrown && { onDone: options.onGrown }),
    });
  }

  get nextCounter(): number {
    return this.#nextCounter;
  }

  /** What the log takes on disk with all that is queued, about. */
  get bytes(): number {
    return this.#options.generations.bytes + this.#queue.bytes;
  }

  /** Gives out a counter, never twice in the life of a store. Its value is to be queued before anything else runs. */
  takeCounter(): number {
    return this.#nextCounter++;
  }

  /** Queues `writes`, all of which happen or none. @throws when the disk refuses; later writes are not concerned */
  write(writes: Write<Buffer>[], sync: boolean): Promise<void> {
    const bytes = writes.reduce((sum, write) => sum + entryOverheadBytes + valueBytes(write), 0);
    return this.#queue.add({ writes, bytes, sync });
  }

  /** Goes on in a new generation, so that what was the newest can be dropped. */
  roll(): Promise<void> {
    return this.#queue.add({ writes: [], bytes: 0, sync: true, rollAt: this.takeCounter(), isAlone: true });
  }

  /** The stored form of a chunk. */
  async readChunk(counter: number): Promise<Buffer | undefined> {
    return this.#options.generations.of(counter)?.readChunk(counter);
  }

  /** Resolves when nothing is queued any more. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async #writeGroup(group: readonly Entries[]): Promise<void> {
    const { generations, generationBytes } = this.#options;
    if (this.#nextCounter > this.#reservedUntil) {
      const until = this.#nextCounter + reservation;
      await this.#options.reserve(until);
      this.#reservedUntil = until;
    }
    const writes = group.flatMap((member) => member.writes);
    const [first] = writes;
    const rollAt = group[0]?.rollAt;
    if (rollAt !== undefined) await this.#roll(rollAt);
    else if (first !== undefined && generations.newest.bytes >= generationBytes())
      await this.#roll(readBlobKey(first.key).counter);
    if (first === undefined) return;
    const sync = group.some((member) => member.sync);
    const bytes = group.reduce((sum, member) => sum + member.bytes, 0);
    await generations.newest.append(writes, bytes, sync);
  }

  /**
   * The end mark is synced: from here on a record in the new generation may speak of chunks in the old one, and nobody syncs that again.
   */
  async #roll(first: number): Promise<void> {
    const { generations, begin } = this.#options;
    const old = generations.newest;
    const begun = await begin(old.number + 1, first);
    try {
      await old.append([{ type: 'put', key: endKey(first - 1), value: Buffer.alloc(0) }], entryOverheadBytes, true);
    } catch (error) {
      await begun.discard();
      throw error;
    }
    old.end = first;
    generations.add(begun);
    // Behind everything else: what was appended is durable without it.
    void old.settle().catch(() => undefined);
  }
}
