import { UnreadableDocumentError } from './json-document.js';

const leastCapacity = 4096;

/** Bytes that arrive piece by piece, copied, up to a bound. */
export class GrowingBytes {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /** @param complaint what the document does that passes the bound */
  constructor(
    readonly maxBytes: number,
    readonly complaint: string,
  ) {}

  append(piece: Buffer): void {
    const length = this.#length + piece.length;
    this.#requireRoom(length);
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length, leastCapacity));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  /** All bytes, `last` behind them, and begins anew. Without a copy where `last` is all there is. */
  take(last: Buffer): Buffer {
    if (this.#length === 0) {
      this.#requireRoom(last.length);
      return last;
    }
    this.append(last);
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }

  #requireRoom(length: number): void {
    if (length > this.maxBytes)
      throw new UnreadableDocumentError(`${this.complaint} (more than ${this.maxBytes} bytes)`);
  }
}
