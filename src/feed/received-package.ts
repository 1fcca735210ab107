import type { ByteSource } from '../codec/byte-source.js';
import { readNuspec } from '../codec/package-nuspec.js';
import type { PackageNuspec } from '../codec/package-nuspec.js';
import type { Arriving } from './intake.js';

/** A package that has come whole and is not admitted yet. */
export class ReceivedPackage implements ByteSource {
  readonly size: number;
  #nuspec: Promise<PackageNuspec> | undefined;

  constructor(private readonly content: Arriving) {
    this.size = content.received;
  }

  /** What it says of itself, read once for all who ask. @throws BadPackageError as `readNuspec` */
  nuspec(): Promise<PackageNuspec> {
    this.#nuspec ??= readNuspec(this);
    return this.#nuspec;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < 0 || length < 0 || offset + length > this.size)
      throw new RangeError(`bytes ${offset}–${offset + length} lie outside ${this.size}`);
    if (length === 0) return Buffer.alloc(0);
    const pieces: Buffer[] = [];
    let have = 0;
    while (have < length) {
      const piece = await this.content.peek(offset + have, length - have);
      pieces.push(piece);
      have += piece.length;
    }
    const [only] = pieces;
    return pieces.length === 1 && only ? only : Buffer.concat(pieces);
  }
}
