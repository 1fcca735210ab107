/** Something to be written as a whole or not at all. */
export interface Queued {
  readonly bytes: number;
  /** It goes without others. */
  readonly isAlone?: boolean;
}

interface Waiting<T> {
  readonly queued: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface WriteQueueOptions<T> {
  /** Of those that go together. What is larger by itself goes without others. */
  readonly maxBytes: number;
  /** Writes all of them or none. */
  readonly commit: (group: readonly T[]) => Promise<void>;
  /** Told after each group, however it went. */
  readonly onDone?: () => void;
}

/**
 * Group commit: one group is under way at a time, and what comes meanwhile goes as the next one, in order. Every trip to LevelDB's threads
 * costs the event loop its turn on a busy machine, so few large ones are cheaper than many small ones; and what one writer wrote after
 * another stays in that order.
 */
export class WriteQueue<T extends Queued> {
  readonly #options: WriteQueueOptions<T>;
  #waiting: Waiting<T>[] = [];
  #bytes = 0;
  #draining: Promise<void> | undefined;

  constructor(options: WriteQueueOptions<T>) {
    this.#options = options;
  }

  /** Of what waits and of what is under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws what made its group fail; later groups are not concerned */
  add(queued: T): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ queued, resolve, reject });
    });
    this.#bytes += queued.bytes;
    this.#draining ??= this.#drain();
    return written;
  }

  /** Resolves when nothing waits or is under way any more. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  async #drain(): Promise<void> {
    // Lets those who come in this same turn into the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#options.commit(group.map(({ queued }) => queued));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      } finally {
        for (const { queued } of group) this.#bytes -= queued.bytes;
      }
      this.#options.onDone?.();
    }
    // In this same turn: who was just told may add at once.
    this.#draining = undefined;
  }

  #takeGroup(): Waiting<T>[] {
    let count = 0;
    let bytes = 0;
    for (const { queued } of this.#waiting) {
      if (count > 0 && (bytes + queued.bytes > this.#options.maxBytes || queued.isAlone === true)) break;
      bytes += queued.bytes;
      count++;
      if (queued.isAlone === true) break;
    }
    return this.#waiting.splice(0, count);
  }
}
