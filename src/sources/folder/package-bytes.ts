import type { Reason } from '../../feed/answer.js';
import { SourceBrokeOff } from '../../feed/source.js';
import type { PackageBytes } from '../../feed/source.js';
import { FileChangedError } from './opened-file.js';
import type { OpenedFile } from './opened-file.js';
import { unreadable } from './folder-failure.js';
import type { Patience } from './patience.js';

const pieceBytes = 256 * 1024;

type Bytes = PackageBytes['bytes'];

/** A file's bytes from first to last, ended cleanly only when the file stayed the same all the while. */
export class FileBytes implements Bytes {
  #destroyed: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    private readonly opened: OpenedFile,
    private readonly source: string,
    private readonly idle: Patience,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (let offset = 0; offset < this.opened.size; offset += pieceBytes) {
        if (this.#destroyed) throw this.#destroyed;
        const length = Math.min(pieceBytes, this.opened.size - offset);
        yield await this.#inTime(this.opened.read(offset, length));
      }
      await this.#inTime(this.opened.requireUnchanged());
    } catch (error) {
      if (this.#destroyed) throw this.#destroyed;
      throw error instanceof SourceBrokeOff ? error : new SourceBrokeOff(this.#reasonOf(error));
    } finally {
      this.#close();
    }
  }

  /** A reader in the middle gets `error`. */
  destroy(error = new Error('the package was let go of')): this {
    this.#destroyed ??= error;
    this.#close();
    return this;
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return this.idle.await(work, () => {
      const detail = `${this.opened.file.path} could not be read in time: look at the disk or the mount`;
      return new SourceBrokeOff({ code: 'source-timeout', source: this.source, detail });
    });
  }

  #reasonOf(error: unknown): Reason {
    if (error instanceof FileChangedError)
      return { code: 'source-failed', source: this.source, detail: `${error.message}, try again when it is whole` };
    return { ...unreadable(this.source, this.opened.file.path, error), code: 'source-failed' };
  }

  #close(): void {
    // A handle that cannot be closed has nothing more to say about the bytes that were read.
    this.#closing ??= this.opened.close().catch(() => undefined);
  }
}
