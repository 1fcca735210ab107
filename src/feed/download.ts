import { createHash } from 'node:crypto';

import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { admit } from './admit.js';
import { failed, found, refused } from './answer.js';
import type { Answer, Reason } from './answer.js';
import { deferred } from './deferred.js';
import { Following } from './following.js';
import type { TakePiece } from './following.js';
import { readAll } from './read-all.js';
import { SourceBrokeOff } from './source.js';
import type { PackageBytes, PublishedHash, Source } from './source.js';
import { PinnedBytesError } from './store.js';
import type { IncomingPackage, PackageFacts, PackageRow, PackageStore } from './store.js';

/** A reader of a download that did not come to a good end. Its socket must be destroyed, never ended cleanly. */
export class DownloadFailedError extends Error {
  override readonly name = 'DownloadFailedError';
  constructor(
    message: string,
    readonly reason: Reason,
  ) {
    super(message);
  }
}

/** What the first bytes told. */
export interface Opened {
  /** Bytes, where the source announced them or all have arrived. */
  readonly size?: number;
  readonly lastModified?: string;
}

export interface DownloadOptions {
  readonly source: Source;
  readonly identity: PackageIdentity;
  /** Asks what the source publishes of it. */
  readonly publishedHash: () => Promise<Answer<PublishedHash>>;
  readonly packages: PackageStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxPackageBytes: number;
}

/** A package up to this size is waited for a moment, so that a bad one is told as an error and not as a broken connection. */
const smallBytes = 256 * 1024;
const smallGraceMs = 30;

/**
 * One package on its way from a source: one writer, any number of readers, each at an offset of its own. Readers may follow while bytes
 * arrive; the last byte is held back until the package was admitted and is durable. It goes on when every reader has left.
 */
export class Download {
  readonly identity: PackageIdentity;
  readonly source: string;
  /** The first bytes are there and look like a package, or it is known why not. */
  readonly opened: Promise<Answer<Opened>>;
  /** Admitted and durable, or why not. Never rejects. */
  readonly outcome: Promise<Answer<PackageRow>>;
  readonly #options: DownloadOptions;
  readonly #opening = deferred<Answer<Opened>>();
  #incoming: IncomingPackage | undefined;
  readonly #following: Following;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#following = new Following(options.clock);
    this.identity = options.identity;
    this.source = options.source.name;
    this.opened = this.#opening.promise;
    this.outcome = this.#run();
  }

  /**
   * Gives the bytes from `start` up to but not including `end` to `take` as they come.
   * @throws DownloadFailedError when the package is not admitted
   */
  async read(start: number, end: number, take: TakePiece): Promise<void> {
    const { offset, wasLeft } = await this.#following.follow(start, end, take);
    if (wasLeft || offset >= end) return;
    const settled = await this.outcome;
    if (settled.kind !== 'found') throw this.#failure(settled);
    const row = settled.value;
    // In the store's own pieces, which its readers share: pieces that begin elsewhere would be copies, one for each reader.
    if (offset < row.size)
      await readAll((await this.#options.packages.open(row)).stream(offset, Math.min(end, row.size)), take);
  }

  #failure(settled: Exclude<Answer<PackageRow>, { kind: 'found' }>): DownloadFailedError {
    const reason: Reason =
      settled.kind === 'missing'
        ? {
            code: 'source-failed',
            source: this.source,
            detail: `${this.source} no longer has ${this.identity.toString()}`,
          }
        : settled.reason;
    return new DownloadFailedError(`the download of ${this.identity.toString()} failed: ${reason.detail}`, reason);
  }

  async #run(): Promise<Answer<PackageRow>> {
    let settled: Answer<PackageRow>;
    try {
      settled = await this.#receive();
    } catch (error) {
      this.#options.log.error(
        { source: this.source, id: this.identity.id.text, version: this.identity.version.normalized, err: error },
        'a download ended in an error of our own',
      );
      settled = failed({ code: 'store-failed', detail: 'the package could not be kept here' });
    }
    if (settled.kind !== 'found') await this.#incoming?.abort().catch(() => undefined);
    this.#opening.resolve(
      settled.kind === 'found'
        ? found({
            size: settled.value.size,
            ...(settled.value.lastModified !== undefined && { lastModified: settled.value.lastModified }),
          })
        : settled,
    );
    this.#following.end();
    return settled;
  }

  async #receive(): Promise<Answer<PackageRow>> {
    const { source, identity, publishedHash } = this.#options;
    // Asked beside the download, never after it.
    const publishing = publishedHash().catch((): Answer<PublishedHash> =>
      failed({
        code: 'source-failed',
        source: source.name,
        detail: `the hash of ${identity.toString()} could not be asked`,
      }),
    );
    const answer = await source.download(identity, {});
    if (answer.kind !== 'found') return answer;
    const { bytes, size, lastModified } = answer.value;
    if (size !== undefined && size > this.#options.maxPackageBytes) {
      bytes.destroy();
      return this.#tooLarge(size);
    }
    const arrived = await this.#pump(answer.value);
    if (arrived.kind !== 'found') return arrived;
    const { incoming, sha512 } = arrived.value;
    const admitted = await admit({
      identity,
      source: source.name,
      content: { size: incoming.received, read: (offset, length) => readFully(incoming, offset, length) },
      ...(size !== undefined && { announcedSize: size }),
      sha512,
      published: await publishing,
    });
    if (admitted.kind !== 'found') return admitted;
    const row = await this.#commit(incoming, {
      identity,
      source: source.name,
      sha512,
      cachedAtMs: this.#options.clock.now(),
      ...(lastModified !== undefined && { lastModified }),
    });
    if (!(row instanceof PinnedBytesError) && row.sha512 === sha512) return found(row);
    const pinned = row instanceof PinnedBytesError ? row.pin : { source: row.source, sha512: row.sha512 };
    this.#options.log.error(
      { source: source.name, sha512, id: identity.id.text, pinned },
      `${identity.toString()} is pinned to other bytes than ${source.name} sent: refused`,
    );
    return refused(versionConflict(identity, source.name, pinned.source));
  }

  /** @returns the row that is kept now, or why there is none of these bytes */
  async #commit(incoming: IncomingPackage, facts: PackageFacts): Promise<PackageRow | PinnedBytesError> {
    try {
      return await incoming.commit(facts);
    } catch (error) {
      if (error instanceof PinnedBytesError) return error;
      throw error;
    }
  }

  /** Takes the bytes in as they come. */
  async #pump({
    bytes,
    size,
    lastModified,
  }: PackageBytes): Promise<Answer<{ incoming: IncomingPackage; sha512: string }>> {
    const { source, identity, packages, maxPackageBytes } = this.#options;
    const hash = createHash('sha512');
    const incoming = packages.begin();
    this.#incoming = incoming;
    this.#following.begin(incoming, size);
    try {
      for await (const piece of bytes) {
        if (piece.length === 0) continue;
        if (incoming.received + piece.length > maxPackageBytes) {
          bytes.destroy();
          return this.#tooLarge(incoming.received + piece.length);
        }
        hash.update(piece);
        await incoming.append(piece);
        if (incoming.received >= zipMagic.length && !(await this.#looksLikePackage(incoming))) {
          bytes.destroy();
          return refused({
            code: 'package-rejected',
            source: source.name,
            detail: `what ${source.name} sent as ${identity.toString()} is no package: it does not begin like a zip file`,
          });
        }
        this.#open({ ...(size !== undefined && { size }), ...(lastModified !== undefined && { lastModified }) });
        await this.#following.tell();
      }
    } catch (error) {
      if (error instanceof SourceBrokeOff) return failed(error.reason);
      bytes.destroy();
      throw error;
    }
    return found({ incoming, sha512: hash.digest('base64') });
  }

  #magicSeen = false;

  async #looksLikePackage(incoming: IncomingPackage): Promise<boolean> {
    if (this.#magicSeen) return true;
    this.#magicSeen = (await incoming.peek(0, zipMagic.length)).equals(zipMagic);
    return this.#magicSeen;
  }

  #announced = false;

  #open(opened: Opened): void {
    if (this.#announced || !this.#magicSeen) return;
    this.#announced = true;
    if (opened.size === undefined || opened.size > smallBytes) this.#opening.resolve(found(opened));
    else void this.#options.clock.sleep(smallGraceMs).then(() => this.#opening.resolve(found(opened)));
  }

  #tooLarge(size: number): Answer<never> {
    const { source, identity, maxPackageBytes } = this.#options;
    return refused({
      code: 'too-large',
      source: source.name,
      detail: `${identity.toString()} from ${source.name} has ${size} bytes or more and limits.maxPackageBytes is ${maxPackageBytes}`,
    });
  }
}

/** The other source is not named: who asks may not be allowed to know of it. The log has it. */
export function versionConflict(identity: PackageIdentity, source: string, first?: string): Reason {
  const those =
    first === source ? 'that it sent at first' : 'that are kept here and were supplied first by another source';
  return {
    code: 'version-conflict',
    source,
    detail: `${source} has other bytes for ${identity.toString()} than those ${those}`,
  };
}

const zipMagic = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

async function readFully(incoming: IncomingPackage, offset: number, length: number): Promise<Buffer> {
  if (offset < 0 || length < 0 || offset + length > incoming.received)
    throw new RangeError(`bytes ${offset}–${offset + length} lie outside ${incoming.received}`);
  if (length === 0) return Buffer.alloc(0);
  const pieces: Buffer[] = [];
  let have = 0;
  while (have < length) {
    const piece = await incoming.peek(offset + have, length - have);
    pieces.push(piece);
    have += piece.length;
  }
  const [only] = pieces;
  return pieces.length === 1 && only ? only : Buffer.concat(pieces);
}
