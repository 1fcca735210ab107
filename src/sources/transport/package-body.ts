import type { PackageBytes } from '../../feed/source.js';
import type { ResponseBody } from './response-body.js';

type Bytes = PackageBytes['bytes'];

/** A package's bytes on their way: read once, or let go. */
export class PackageBody implements Bytes {
  #failure: Error | undefined;

  constructor(
    private readonly body: ResponseBody,
    private readonly decoded: AsyncIterable<Buffer>,
    private readonly onAbandoned: () => void,
  ) {}

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    try {
      yield* this.decoded;
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  /** Ends the exchange with the source. A reader in the middle gets `error`, or hears that the bytes broke off. */
  destroy(error?: Error): this {
    this.#failure ??= error;
    this.body.destroy();
    this.onAbandoned();
    return this;
  }
}
