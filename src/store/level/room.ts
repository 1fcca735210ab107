import { StoreFullError } from '../../feed/store.js';
import type { BlobLog } from './blob-log.js';

const mebibyte = 1024 * 1024;
/** How long a package waits for eviction to make room, in milliseconds. */
const maxWaitMs = 30_000;
/** With less room than this nothing is begun. */
const leastBytes = 64 * 1024;
/** Part of the quota that packages may take however much else lies in the store. */
const leastShare = 1 / 4;
/** Generations that stay free: what is evicted is moved in part before its space comes back, and packages come in meanwhile. */
const spareGenerations = 1.5;

export interface RoomOptions {
  /** What the store may take on disk; `undefined`: as much as there is. */
  readonly maxBytes?: number | undefined;
  readonly generationBytes?: number | undefined;
}

/** How much one generation takes, so that there are about sixteen. */
export function generationBytesOf({ maxBytes, generationBytes }: RoomOptions, logBytes: number): number {
  if (generationBytes !== undefined) return generationBytes;
  // Without a quota they grow with the store: their number, and with it that of open files, hardly does.
  return maxBytes === undefined ? Math.max(1024 * mebibyte, logBytes / 16) : Math.max(2 * mebibyte, maxBytes / 16);
}

/** The room that the store may take, and who waits for some of it. */
export class Room {
  readonly #options: RoomOptions;
  readonly #log: BlobLog;
  /** Bytes in the store that are no generation's: index, facts, what was set aside. */
  otherBytes = 0;
  /** Bytes that eviction is about to write. */
  reservedBytes = 0;
  /** Nothing more can be evicted. */
  isFull = false;
  /** Called when there may be something to evict. @returns whether that is being tried */
  onPressed: () => boolean = () => false;
  #grantedBytes = 0;
  readonly #waiting = new Set<() => void>();

  constructor(options: RoomOptions, log: BlobLog) {
    this.#options = options;
    this.#log = log;
  }

  /** What the blob log may take at most. */
  get capacityBytes(): number {
    const { maxBytes } = this.#options;
    return maxBytes === undefined ? Infinity : Math.max(maxBytes * leastShare, maxBytes - this.otherBytes);
  }

  get generationBytes(): number {
    return generationBytesOf(this.#options, this.#log.bytes);
  }

  /** What the blob log is brought down to. */
  get targetBytes(): number {
    return this.capacityBytes - spareGenerations * this.generationBytes;
  }

  get isOverTarget(): boolean {
    return this.#log.bytes > this.targetBytes;
  }

  /** A package may not take more than this. */
  get maxPackageBytes(): number {
    return (this.#options.maxBytes ?? Infinity) / 2;
  }

  /** @throws StoreFullError when nothing may come in */
  assertRoom(): void {
    if (this.isFull && this.#isShort(leastBytes) && !this.onPressed()) throw fullError();
  }

  /**
   * Waits until `bytes` may be written.
   * @returns to be called as soon as they are handed to the log, or are not
   * @throws StoreFullError when there is no room for them
   */
  async take(bytes: number): Promise<() => void> {
    const untilMs = performance.now() + maxWaitMs;
    while (this.#isShort(bytes)) {
      if (!this.onPressed() && this.isFull) throw fullError();
      if (performance.now() >= untilMs)
        throw new StoreFullError('the store is full, and packages come in faster than others can be evicted');
      await this.#someChange(untilMs - performance.now());
    }
    this.#grantedBytes += bytes;
    let isOut = true;
    return () => {
      if (isOut) this.#grantedBytes -= bytes;
      isOut = false;
    };
  }

  /** To be called when there is more room, or never will be. */
  changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #isShort(bytes: number): boolean {
    return this.#log.bytes + this.reservedBytes + this.#grantedBytes + bytes > this.capacityBytes;
  }

  async #someChange(atMostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let wake: (() => void) | undefined;
    await new Promise<void>((resolve) => {
      this.#waiting.add((wake = resolve));
      timer = setTimeout(resolve, atMostMs);
    });
    clearTimeout(timer);
    if (wake) this.#waiting.delete(wake);
  }
}

function fullError(): StoreFullError {
  return new StoreFullError(
    'the store is full of packages that no source can give back: raise store.maxBytes or purge some',
  );
}

export function tooLargeError(maxBytes: number): StoreFullError {
  return new StoreFullError(
    `the package has more than ${maxBytes} bytes, half of what the store may take: raise store.maxBytes`,
  );
}
