import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import type { ByteSource } from '../../codec/byte-source.js';
import { keyOf } from './folder-listing.js';
import type { ListedFile } from './folder-listing.js';
import type { Lanes } from './lanes.js';

/** The file is no longer the one that was listed. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
}

/** A link that took the file's place is not followed, and a pipe does not hold us up. Windows has neither flag. */
export const readOnly = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A package's file, opened: the very one that was listed. */
export class OpenedFile implements ByteSource {
  private constructor(
    readonly file: ListedFile,
    private readonly handle: FileHandle,
    private readonly lanes: Lanes,
  ) {}

  /** @throws FileChangedError when another file is there now; the file system's error when it cannot be opened */
  static async open(file: ListedFile, lanes: Lanes): Promise<OpenedFile> {
    const handle = await lanes.run(() => open(file.at, readOnly));
    const opened = new OpenedFile(file, handle, lanes);
    try {
      await opened.requireUnchanged();
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  get size(): number {
    return this.file.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < 0 || length < 0 || offset + length > this.size)
      throw new RangeError(`bytes ${offset}–${offset + length} lie outside ${this.size}`);
    const bytes = Buffer.allocUnsafe(length);
    for (let have = 0; have < length;) {
      const { bytesRead } = await this.lanes.run(() => this.handle.read(bytes, have, length - have, offset + have));
      if (bytesRead === 0) throw new FileChangedError(`${this.file.path} became shorter while it was read`);
      have += bytesRead;
    }
    return bytes;
  }

  /** @throws FileChangedError when it was written to or replaced since it was listed */
  async requireUnchanged(): Promise<void> {
    const stats = await this.lanes.run(() => this.handle.stat());
    if (!stats.isFile() || keyOf(stats) !== this.file.key)
      throw new FileChangedError(`${this.file.path} is being changed`);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Opens, reads and closes again. */
export async function withFile<T>(
  file: ListedFile,
  lanes: Lanes,
  read: (opened: OpenedFile) => Promise<T>,
): Promise<T> {
  const opened = await OpenedFile.open(file, lanes);
  try {
    return await read(opened);
  } finally {
    await opened.close();
  }
}
