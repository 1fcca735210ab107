import type { ByteSource } from '../codec/byte-source.js';
import type { IncomingPackage, Loan, PackageContent } from './store.js';

const pieceBytes = 256 * 1024;

/** The memory for packages that cannot be kept is used up. */
export class PassingMemoryFullError extends Error {
  override readonly name = 'PassingMemoryFullError';
}

/** How much memory packages that pass through without being kept take together, in bytes. */
export class PassingMemory {
  #usedBytes = 0;

  constructor(readonly maxBytes: number) {}

  /** @throws PassingMemoryFullError */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.maxBytes)
      throw new PassingMemoryFullError(
        `packages that cannot be kept fill the ${this.maxBytes} bytes there are for them`,
      );
    this.#usedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

/** A package in memory on its way to those who want it now, because the store cannot take it. */
export class PassingPackage implements PackageContent, Pick<IncomingPackage, 'received' | 'append' | 'peek' | 'lend'> {
  readonly #pieces: Buffer[] = [];
  #received = 0;
  #takenBytes = 0;

  constructor(private readonly memory: PassingMemory) {}

  /** What an incoming package took before the store failed. @throws PassingMemoryFullError */
  static async copyOf(incoming: IncomingPackage, memory: PassingMemory): Promise<PassingPackage> {
    const copy = new PassingPackage(memory);
    try {
      while (copy.received < incoming.received) await copy.append(await incoming.peek(copy.received, pieceBytes));
    } catch (error) {
      copy.letGo();
      throw error;
    }
    return copy;
  }

  get received(): number {
    return this.#received;
  }

  get size(): number {
    return this.#received;
  }

  /** @throws PassingMemoryFullError */
  async append(piece: Buffer): Promise<void> {
    for (let rest = piece; rest.length > 0;) {
      const from = this.#received % pieceBytes;
      if (from === 0) {
        this.memory.take(pieceBytes);
        this.#takenBytes += pieceBytes;
        this.#pieces.push(Buffer.allocUnsafeSlow(pieceBytes));
      }
      const taken = rest.copy(this.#pieces.at(-1) ?? Buffer.alloc(0), from);
      this.#received += taken;
      rest = rest.subarray(taken);
    }
  }

  async peek(offset: number, maxLength: number): Promise<Buffer> {
    return this.#bytes(offset, maxLength);
  }

  lend(offset: number, maxLength: number): Loan {
    return { bytes: this.#bytes(offset, maxLength), release: () => undefined };
  }

  async read(offset: number, length: number): ReturnType<ByteSource['read']> {
    const pieces: Buffer[] = [];
    for await (const piece of this.stream(offset, offset + length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *stream(start = 0, end = this.#received): AsyncGenerator<Buffer> {
    if (start < 0 || end < start || end > this.#received)
      throw new RangeError(`bytes ${start}–${end} lie outside ${this.#received}`);
    for (let at = start; at < end;) {
      const piece = this.#bytes(at, end - at);
      at += piece.length;
      yield piece;
    }
  }

  /** No longer counts as used. Idempotent; who still reads it may go on. */
  letGo(): void {
    this.memory.giveBack(this.#takenBytes);
    this.#takenBytes = 0;
  }

  #bytes(offset: number, maxLength: number): Buffer {
    if (offset < 0 || offset >= this.#received || maxLength < 1)
      throw new RangeError(`${maxLength} bytes from ${offset} do not lie within the ${this.#received} received`);
    const from = offset % pieceBytes;
    const length = Math.min(maxLength, pieceBytes - from, this.#received - offset);
    return (this.#pieces[Math.floor(offset / pieceBytes)] ?? Buffer.alloc(0)).subarray(from, from + length);
  }
}
