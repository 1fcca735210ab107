import { IncomingMessage } from 'node:http';

/**
 * A request that can be let go once it is answered. Node leads every request through the life of a stream, of no bytes too, to an end and a
 * close that nobody waits for: that is a tenth of an answer from memory.
 */
export class ReleasableRequest extends IncomingMessage {
  #isReleased = false;

  static {
    const { prototype } = this;
    // Node asks when the answer is out, so as to forget the request. Not an override in the usual way: the types have it as a field.
    Object.defineProperty(prototype, 'readableEnded', {
      configurable: true,
      get(this: ReleasableRequest) {
        return this.#isReleased || Reflect.get(IncomingMessage.prototype, 'readableEnded', this) === true;
      },
    });
  }

  /** Nobody reads it any more. One with a body is read to its end all the same: the next request lies behind it. */
  release(): void {
    const { 'content-length': length, 'transfer-encoding': encoding } = this.headers;
    this.#isReleased = length === undefined && encoding === undefined;
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    return this.#isReleased ? false : super.push(chunk, encoding);
  }

  override resume(): this {
    return this.#isReleased ? this : super.resume();
  }
}
