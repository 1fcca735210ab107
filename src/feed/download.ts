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
import { PassingMemoryFullError, PassingPackage } from './passing-package.js';
import type { PassingMemory } from './passing-package.js';
import { SourceBrokeOff } from './source.js';
import type { PackageBytes, PublishedHash, Source } from './source.js';
import type { StoreTrouble } from './store-trouble.js';
import { PinnedBytesError } from './store.js';
import type { IncomingPackage, PackageContent, PackageFacts, PackageRow, PackageStore, Pin } from './store.js';
import { versionConflict } from './version-conflict.js';

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
  /** Whether the source is known to claim that a repository signed all its packages. */
  readonly isClaimedSigned: () => Promise<boolean>;
  readonly packages: PackageStore;
  /** Told of what the store does with the package. */
  readonly trouble: StoreTrouble;
  /** For what the store cannot take. */
  readonly passingMemory: PassingMemory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxPackageBytes: number;
}

/**
 * A package up to this size is waited for a moment, so that a bad one is told as an error and not as a broken connection. Nothing is lost
 * by that: its last byte waits for the verdict in any case.
 */
const smallBytes = 256 * 1024;
const smallGraceMs = 250;
/** How long a package that is not kept waits for those who were told that it is there, in milliseconds. */
const passingGraceMs = 2_000;

/** A package as its bytes come in, kept or passing. */
type Arriving = Pick<IncomingPackage, 'received' | 'append' | 'peek' | 'lend'>;

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
  #passing: PassingPackage | undefined;
  #readers = 0;
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
    this.#readers++;
    try {
      await this.#read(start, end, take);
    } finally {
      this.#readers--;
      void this.#letGoSoon();
    }
  }

  /** The package is not kept: it is there for those only who wanted it meanwhile. */
  get isPassing(): boolean {
    return this.#passing !== undefined;
  }

  /** The bytes of a good outcome. */
  async open(row: PackageRow): Promise<PackageContent> {
    return this.#passing ?? this.#options.packages.open(row);
  }

  async #read(start: number, end: number, take: TakePiece): Promise<void> {
    const { offset, wasLeft } = await this.#following.follow(start, end, take);
    if (wasLeft || offset >= end) return;
    const settled = await this.outcome;
    if (settled.kind !== 'found') throw this.#failure(settled);
    const row = settled.value;
    // In the store's own pieces, which its readers share: pieces that begin elsewhere would be copies, one for each reader.
    if (offset < row.size) await readAll((await this.open(row)).stream(offset, Math.min(end, row.size)), take);
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
      if (!(error instanceof PassingMemoryFullError))
        this.#options.log.error(
          { source: this.source, id: this.identity.id.text, version: this.identity.version.normalized, err: error },
          'a download ended in an error of our own',
        );
      settled =
        error instanceof PassingMemoryFullError
          ? this.#unkeepable()
          : failed({ code: 'store-failed', detail: 'the package could not be kept here' });
    }
    if (settled.kind !== 'found' || this.isPassing) await this.#incoming?.abort().catch(() => undefined);
    this.#opening.resolve(
      settled.kind === 'found'
        ? found({
            size: settled.value.size,
            ...(settled.value.lastModified !== undefined && { lastModified: settled.value.lastModified }),
          })
        : settled,
    );
    this.#following.end();
    void this.#letGoSoon(settled.kind === 'found');
    return settled;
  }

  async #receive(): Promise<Answer<PackageRow>> {
    const { source, identity, publishedHash, isClaimedSigned, packages } = this.#options;
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
    const { content, sha512 } = arrived.value;
    const [pin, isClaimed] = await Promise.all([packages.pinOf(identity), isClaimedSigned()]);
    const admitted = await admit({
      identity,
      source: source.name,
      content: { size: content.received, read: (offset, length) => readFully(content, offset, length) },
      ...(size !== undefined && { announcedSize: size }),
      sha512,
      published: await publishing,
      isClaimedSigned: isClaimed,
      pin,
    });
    if (pin && pin.sha512 !== sha512) this.#tellConflict(sha512, pin);
    if (admitted.kind !== 'found') return admitted;
    const row = await this.#keep({
      identity,
      source: source.name,
      sha512,
      cachedAtMs: this.#options.clock.now(),
      ...(lastModified !== undefined && { lastModified }),
      evidence: admitted.value,
    });
    if (!(row instanceof PinnedBytesError) && row.sha512 === sha512) return found(row);
    const pinned = row instanceof PinnedBytesError ? row.pin : row;
    this.#tellConflict(sha512, pinned);
    return refused(versionConflict(identity, source.name, pinned.source));
  }

  #tellConflict(sha512: string, pinned: Pin): void {
    const { source, identity, log } = this.#options;
    log.error(
      {
        ...{ source: source.name, sha512, id: identity.id.text, version: identity.version.normalized },
        pinned: { source: pinned.source, sha512: pinned.sha512 },
      },
      `${identity.toString()} is pinned to other bytes than ${source.name} sent: refused`,
    );
  }

  /** Takes the bytes in as they come. */
  async #pump({ bytes, size, lastModified }: PackageBytes): Promise<Answer<{ content: Arriving; sha512: string }>> {
    const { source, identity, maxPackageBytes } = this.#options;
    const hash = createHash('sha512');
    try {
      let incoming = await this.#begin(size);
      for await (const piece of bytes) {
        if (piece.length === 0) continue;
        if (incoming.received + piece.length > maxPackageBytes) {
          bytes.destroy();
          return this.#tooLarge(incoming.received + piece.length);
        }
        hash.update(piece);
        incoming = await this.#append(incoming, piece, size);
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
      return found({ content: incoming, sha512: hash.digest('base64') });
    } catch (error) {
      if (error instanceof SourceBrokeOff) return failed(error.reason);
      bytes.destroy();
      throw error;
    }
  }

  async #begin(size: number | undefined): Promise<Arriving> {
    try {
      this.#incoming = this.#options.packages.begin();
      this.#following.begin(this.#incoming, size);
      return this.#incoming;
    } catch (error) {
      return this.#pass(error, size);
    }
  }

  /** @returns what takes the next piece */
  async #append(incoming: Arriving, piece: Buffer, size: number | undefined): Promise<Arriving> {
    const before = incoming.received;
    try {
      await incoming.append(piece);
      return incoming;
    } catch (error) {
      if (incoming instanceof PassingPackage) throw error;
      const passing = await this.#pass(error, size);
      await passing.append(piece.subarray(passing.received - before));
      return passing;
    }
  }

  /** The row of the package as kept or, where the store cannot keep it, as it passes; or why these bytes are not kept. */
  async #keep(facts: PackageFacts): Promise<PackageRow | PinnedBytesError> {
    const { trouble } = this.#options;
    try {
      if (this.#passing === undefined && this.#incoming !== undefined) {
        const row = await this.#incoming.commit(facts);
        trouble.worked();
        return row;
      }
    } catch (error) {
      if (error instanceof PinnedBytesError) return error;
      await this.#pass(error, undefined);
    }
    return { ...facts, size: this.#passing?.received ?? 0, location: undefined };
  }

  /** From now on the package is held in memory, because the store cannot take it. */
  async #pass(error: unknown, size: number | undefined): Promise<PassingPackage> {
    const { trouble, passingMemory } = this.#options;
    trouble.failed(error);
    const incoming = this.#incoming;
    this.#passing = incoming ? await PassingPackage.copyOf(incoming, passingMemory) : new PassingPackage(passingMemory);
    this.#following.begin(this.#passing, size);
    return this.#passing;
  }

  /** Who was told that the package is there has not come to read it yet. */
  async #letGoSoon(isAwaited = false): Promise<void> {
    if (this.#passing === undefined || this.#readers > 0) return;
    if (isAwaited) await this.#options.clock.sleep(passingGraceMs);
    if (this.#readers === 0) this.#passing.letGo();
  }

  #magicSeen = false;

  async #looksLikePackage(incoming: Arriving): Promise<boolean> {
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

  #unkeepable(): Answer<never> {
    const { identity, passingMemory } = this.#options;
    return failed({
      code: 'store-failed',
      detail: `${identity.toString()} cannot be kept here just now, and packages that pass through fill the ${passingMemory.maxBytes} bytes of limits.passThroughBytes`,
    });
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

const zipMagic = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

async function readFully(incoming: Arriving, offset: number, length: number): Promise<Buffer> {
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
