import { createHash } from 'node:crypto';

import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Logger } from '../ops/log.js';
import { admit, maxTwiceProvenBytes } from './admit.js';
import { failed, found, refused } from './answer.js';
import type { Answer, Reason } from './answer.js';
import { deferred } from './deferred.js';
import type { Guess } from './guess.js';
import { Following } from './following.js';
import type { TakePiece } from './following.js';
import { readAll } from './read-all.js';
import { Intake } from './intake.js';
import type { Arriving, IntakeOptions } from './intake.js';
import { PassingMemoryFullError } from './passing-package.js';
import { ReceivedPackage } from './received-package.js';
import { SourceBrokeOff } from './source.js';
import type { PackageBytes, PublishedHash, Source } from './source.js';
import { PinnedBytesError, UnreadableError } from './store.js';
import type { PackageContent, PackageRow, Pin } from './store.js';
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

export interface DownloadOptions extends Pick<IntakeOptions, 'packages' | 'trouble' | 'passingMemory' | 'clock'> {
  readonly source: Source;
  readonly identity: PackageIdentity;
  /** Asks what the source publishes of it. */
  readonly publishedHash: () => Promise<Answer<PublishedHash>>;
  /** The source's packages carry signatures, as far as is known: what it publishes is asked only where the signature does not hold. */
  readonly isUsuallySigned: boolean;
  /** Whether the source is known to claim that a repository signed all its packages. */
  readonly isClaimedSigned: () => Promise<boolean>;
  /** The package is passed on without being kept, because it is kept already and cannot be read just now: these bytes and no others. */
  readonly passesAs?: Pin | undefined;
  /** It is fetched before anybody asked for it. */
  readonly ahead?: { readonly guess: Guess; readonly maxBytes: number } | undefined;
  /** How long a package that is here waits for the published hash while its signature may speak for it, in milliseconds. */
  readonly publishedGraceMs?: number;
  /** The published hash is waited for, whatever the package says of itself: once it was another than that of the bytes. */
  readonly isDoubted?: boolean;
  /** It was admitted by its signature, and not compared with what its source publishes: that was not asked, or is on its way. */
  readonly onUncompared?: (row: PackageRow, publishing: Promise<Answer<PublishedHash>> | undefined) => void;
  readonly log: Logger;
  readonly maxPackageBytes: number;
}

/**
 * A package up to this size is waited for a moment, so that a bad one is told as an error and not as a broken connection. Nothing is lost
 * by that: its last byte waits for the verdict in any case.
 */
const smallBytes = 256 * 1024;
const smallGraceMs = 250;
const defaultPublishedGraceMs = 50;

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
  /** All bytes as they came, not yet admitted; `undefined` when they did not come. To be read before `outcome` settles. */
  readonly received: Promise<ReceivedPackage | undefined>;
  readonly #options: DownloadOptions;
  readonly #opening = deferred<Answer<Opened>>();
  readonly #receiving = deferred<ReceivedPackage | undefined>();
  readonly #following: Following;
  readonly #intake: Intake;

  constructor(options: DownloadOptions) {
    this.#options = options;
    const { packages, trouble, passingMemory, clock, passesAs } = options;
    this.#following = new Following(clock);
    this.#intake = new Intake({
      ...{ packages, trouble, passingMemory, clock, following: this.#following },
      onlyPasses: passesAs !== undefined,
    });
    this.identity = options.identity;
    this.source = options.source.name;
    this.opened = this.#opening.promise;
    this.received = this.#receiving.promise;
    this.outcome = this.#run();
  }

  /** A client asks for it. */
  want(): void {
    this.#options.ahead?.guess.want();
  }

  isBegunWith(guess: Guess): boolean {
    return this.#options.ahead?.guess === guess;
  }

  /** Nobody asked for it so far. */
  get isOnlyGuess(): boolean {
    return this.#options.ahead?.guess.isWanted === false;
  }

  /** It began as a guess and came to nothing, which may be because of that: whoever wants it begins anew. */
  get isFailedGuess(): boolean {
    return this.#isFailedGuess;
  }

  /**
   * Gives the bytes from `start` up to but not including `end` to `take` as they come.
   * @throws DownloadFailedError when the package is not admitted
   */
  async read(start: number, end: number, take: TakePiece): Promise<void> {
    await this.#intake.whileRead(() => this.#read(start, end, take));
  }

  /** The package is not kept: it is there for those only who wanted it meanwhile. */
  get isPassing(): boolean {
    return this.#intake.isPassing;
  }

  /** The bytes of a good outcome. */
  async open(row: PackageRow): Promise<PackageContent> {
    return this.#intake.open(row);
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
      settled = this.#broken(error);
    }
    this.#receiving.resolve(undefined);
    this.#isFailedGuess ||= settled.kind === 'failed' && this.#options.ahead !== undefined;
    // Before the bytes are let go of: who follows them hears how it ended, and not that they are gone.
    this.#following.end();
    await this.#intake.end(settled.kind === 'found');
    this.#opening.resolve(
      settled.kind === 'found'
        ? found({
            size: settled.value.size,
            ...(settled.value.lastModified !== undefined && { lastModified: settled.value.lastModified }),
          })
        : settled,
    );
    return settled;
  }

  #broken(error: unknown): Answer<never> {
    if (error instanceof PassingMemoryFullError) return this.#unkeepable();
    if (error instanceof UnreadableError)
      return failed({ code: 'store-failed', detail: `${error.message}: ${this.identity.toString()} is not taken in` });
    this.#options.log.error(
      { source: this.source, id: this.identity.id.text, version: this.identity.version.normalized, err: error },
      'a download ended in an error of our own',
    );
    return failed({ code: 'store-failed', detail: 'the package could not be kept here' });
  }

  async #receive(): Promise<Answer<PackageRow>> {
    const { source, identity, isUsuallySigned, isDoubted, isClaimedSigned, packages, passesAs } = this.#options;
    // Beside the download, not after it, where it is likely to be needed.
    let publishing = isUsuallySigned && !isDoubted ? undefined : this.#askPublished();
    const publishedLater = () => (publishing ??= this.#askPublished());
    const urgency = this.#options.ahead?.guess;
    const answer = await source.download(identity, urgency ? { urgency } : {});
    if (answer.kind !== 'found') return answer;
    const { bytes, size, lastModified } = answer.value;
    if (this.#isTooMuchAhead(size ?? 0)) {
      bytes.destroy();
      return this.#leftAlone();
    }
    if (size !== undefined && size > this.#options.maxPackageBytes) {
      bytes.destroy();
      return this.#tooLarge(size);
    }
    // One that the signature alone will not do for.
    if (size === undefined || size > maxTwiceProvenBytes) void publishedLater();
    const arrived = await this.#pump(answer.value);
    if (arrived.kind !== 'found') return arrived;
    const { content, sha512 } = arrived.value;
    const received = new ReceivedPackage(content);
    this.#receiving.resolve(received);
    const [pin, isClaimed] = await Promise.all([passesAs ?? packages.pinOf(identity), isClaimedSigned()]);
    const admitted = await admit({
      identity,
      source: source.name,
      content: received,
      nuspec: () => received.nuspec(),
      ...(size !== undefined && { announcedSize: size }),
      sha512,
      published: await this.#publishedSoon(pin ? publishedLater() : publishing, pin),
      publishedLater,
      isClaimedSigned: isClaimed,
      pin,
    });
    if (pin && pin.sha512 !== sha512) this.#tellConflict(sha512, pin);
    if (admitted.kind !== 'found') return admitted;
    const row = await this.#intake.keep({
      identity,
      source: source.name,
      sha512,
      cachedAtMs: this.#options.clock.now(),
      ...(lastModified !== undefined && { lastModified }),
      evidence: admitted.value,
    });
    if (!(row instanceof PinnedBytesError) && row.sha512 === sha512) {
      if (!admitted.value.includes('published-hash')) this.#options.onUncompared?.(row, publishing);
      return found(row);
    }
    const pinned = row instanceof PinnedBytesError ? row.pin : row;
    this.#tellConflict(sha512, pinned);
    return refused(versionConflict(identity, source.name, pinned.source));
  }

  async #askPublished(): Promise<Answer<PublishedHash>> {
    const { source, identity, publishedHash } = this.#options;
    try {
      return await publishedHash();
    } catch {
      return failed({
        code: 'source-failed',
        source: source.name,
        detail: `the hash of ${identity.toString()} could not be asked`,
      });
    }
  }

  /** Of bytes that were bound before, the published hash is not news: it is waited for. */
  async #publishedSoon(
    publishing: Promise<Answer<PublishedHash>> | undefined,
    pin: Pin | undefined,
  ): Promise<Answer<PublishedHash> | undefined> {
    const { clock, isDoubted, publishedGraceMs = defaultPublishedGraceMs } = this.#options;
    if (pin !== undefined || isDoubted || !publishing) return publishing;
    const over = new AbortController();
    try {
      return await Promise.race([publishing, clock.sleep(publishedGraceMs, over.signal).then(() => undefined)]);
    } finally {
      over.abort();
    }
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
      let incoming = await this.#intake.begin(size);
      for await (const piece of bytes) {
        if (piece.length === 0) continue;
        if (incoming.received + piece.length > maxPackageBytes) {
          bytes.destroy();
          return this.#tooLarge(incoming.received + piece.length);
        }
        if (this.#isTooMuchAhead(incoming.received + piece.length)) {
          bytes.destroy();
          return this.#leftAlone();
        }
        hash.update(piece);
        incoming = await this.#intake.append(incoming, piece);
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

  #isFailedGuess = false;

  #isTooMuchAhead(bytes: number): boolean {
    const { ahead } = this.#options;
    return ahead !== undefined && !ahead.guess.isWanted && bytes > ahead.maxBytes;
  }

  #leftAlone(): Answer<never> {
    this.#isFailedGuess = true;
    return failed({ code: 'overloaded', detail: `${this.identity.toString()} is too large to be fetched unasked` });
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
