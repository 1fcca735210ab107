import type { PackageBytes } from '../../feed/source.js';
import type { ResponseBody } from './response-body.js';

type Bytes = PackageBytes['bytes'];

/** A package's bytes on their way: read once, or let go. */
export class PackageBody implements Bytes {
  /** @param reading aborted when the bytes are let go of; what reads `decoded` then throws its reason */
  constructor(
    private readonly body: ResponseBody,
    private readonly decoded: AsyncIterable<Buffer>,
    private readonly reading: AbortController,
    private readonly onLetGo: () => void,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.decoded[Symbol.asyncIterator]();
  }

  /** Ends the exchange with the source. A reader in the middle gets `error`. */
  destroy(error?: Error): this {
    this.reading.abort(error);
    this.body.destroy();
    this.onLetGo();
    return this;
  }
}
