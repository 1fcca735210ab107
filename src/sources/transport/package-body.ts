import type { PackageBytes } from '../../feed/source.js';
import type { Opened } from './asking.js';

type Bytes = PackageBytes['bytes'];

/** A package's bytes on their way, over one connection after the other: read once, or let go. */
export class PackageBody implements Bytes {
  /**
   * @param opened the exchange that the bytes come by
   * @param decoded its bytes
   * @param reading aborted when the bytes are let go of; what reads them then throws its reason
   */
  constructor(
    private opened: Opened,
    private decoded: AsyncIterable<Buffer>,
    private readonly reading: AbortController,
  ) {}

  /** Of the present connection. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.decoded[Symbol.asyncIterator]();
  }

  /** The rest comes by another exchange. */
  goOnWith(opened: Opened, decoded: AsyncIterable<Buffer>): void {
    this.opened = opened;
    this.decoded = decoded;
  }

  /** As readers see it: these bytes, let go of with everything behind them. */
  withBytes(bytes: AsyncIterable<Buffer>): Bytes {
    return {
      [Symbol.asyncIterator]: () => bytes[Symbol.asyncIterator](),
      destroy: (error?: Error) => this.destroy(error),
    };
  }

  /** Ends the exchange with the source. A reader in the middle gets `error`. */
  destroy(error?: Error): this {
    this.reading.abort(error);
    this.opened.response.body.destroy();
    this.opened.record.over();
    return this;
  }
}
