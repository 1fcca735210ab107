import type { Loan } from '../../feed/store.js';

/**
 * Memory for whole chunks, used again. Left to the garbage collector, every chunk that passes through would stay until V8 next looks at
 * its old generation: as much as a whole package, and more while hundreds of clients read it.
 */
export class ChunkMemory {
  readonly #free: ArrayBufferLike[] = [];

  constructor(
    private readonly bytes: number,
    private readonly maxFree: number,
  ) {}

  take(): Buffer {
    const memory = this.#free.pop();
    return memory === undefined ? Buffer.allocUnsafeSlow(this.bytes) : Buffer.from(memory);
  }

  /** For `take` to hand out again; nobody may look into it any more. */
  giveBack(memory: ArrayBufferLike): void {
    if (memory.byteLength === this.bytes && this.#free.length < this.maxFree) this.#free.push(memory);
  }
}

/**
 * Who still uses the memory of one chunk. It is given back when the chunk was let go of and every loan was returned. Bytes that were
 * shared without a term keep it from that for ever: the garbage collector then takes it.
 */
export class ChunkUse {
  #memory: ArrayBufferLike | undefined;
  readonly #pool: ChunkMemory;
  #loans = 0;
  #isKept = true;
  #isShared = false;
  #onGivenBack: (() => void) | undefined;

  constructor(memory: ArrayBufferLike, pool: ChunkMemory) {
    this.#memory = memory;
    this.#pool = pool;
  }

  /** `bytes` must lie in this memory. They are sound until they are returned. */
  lend(bytes: Buffer): Loan {
    this.#loans++;
    let isOut = true;
    return {
      bytes,
      release: () => {
        if (!isOut) return;
        isOut = false;
        this.#loans--;
        this.#settle();
      },
    };
  }

  /** From now on somebody may look into the memory for as long as it is there. */
  share(): void {
    this.#isShared = true;
    if (!this.#isKept) this.#memory = undefined;
  }

  /** The chunk is kept (again), loans or not. */
  keep(): void {
    this.#isKept = true;
  }

  /** The chunk is not kept any more. `onGivenBack` runs when its memory is about to hold other bytes. */
  letGo(onGivenBack: () => void): void {
    this.#isKept = false;
    this.#onGivenBack = onGivenBack;
    this.#settle();
  }

  #settle(): void {
    if (this.#isKept || this.#loans > 0 || this.#memory === undefined) return;
    const memory = this.#memory;
    this.#memory = undefined;
    if (this.#isShared) return;
    this.#onGivenBack?.();
    this.#pool.giveBack(memory);
  }
}
