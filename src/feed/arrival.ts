import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { admit, maxTwiceProvenBytes } from './admit.js';
import { failed, found, refused } from './answer.js';
import type { Answer } from './answer.js';
import type { Deferred } from './deferred.js';
import type { GuessedDownload } from './guessed-download.js';
import { HashQuestion } from './hash-question.js';
import type { HashQuestionOptions } from './hash-question.js';
import { ReceivedPackage } from './received-package.js';
import type { PublishedHash, Source } from './source.js';
import { PinnedBytesError } from './store.js';
import type { PackageRow, PackageStore, Pin } from './store.js';
import { takeIn, tooLarge, tooLargeUnasked } from './take-in.js';
import type { TakeInOptions, TakenIn } from './take-in.js';
import { versionConflict } from './version-conflict.js';

/** A package to be fetched, and what is known before. */
export interface ArrivalOptions extends HashQuestionOptions {
  readonly source: Source;
  readonly packages: PackageStore;
  /** The source's packages carry signatures, as far as is known: what it publishes is asked only where the signature does not hold. */
  readonly isUsuallySigned: boolean;
  /** Whether the source is known to claim that a repository signed all its packages. */
  readonly isClaimedSigned: () => Promise<boolean>;
  /** The package is passed on without being kept, because it is kept already and cannot be read just now: these bytes and no others. */
  readonly passesAs?: Pin | undefined;
  /** It was admitted by its signature, and not compared with what its source publishes: that was not asked, or is on its way. */
  readonly onUncompared?: (row: PackageRow, publishing: Promise<Answer<PublishedHash>> | undefined) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxPackageBytes: number;
}

/** The parts of a download that hear of its arrival. */
export interface ArrivalParts extends Pick<TakeInOptions, 'intake' | 'opening' | 'following'> {
  readonly guessed: GuessedDownload | undefined;
  /** Settled with all bytes as they came, not yet admitted. */
  readonly receiving: Deferred<ReceivedPackage | undefined>;
}

/** The way of one package from its source into the store: asked for, taken in, proved, kept. */
export class Arrival {
  readonly #hash: HashQuestion;

  constructor(
    private readonly options: ArrivalOptions,
    private readonly parts: ArrivalParts,
  ) {
    this.#hash = new HashQuestion(options);
  }

  /** @throws what the store or the memory for passing packages throws */
  async run(): Promise<Answer<PackageRow>> {
    const { source, identity, isUsuallySigned, isDoubted, maxPackageBytes } = this.options;
    const { guessed } = this.parts;
    // Beside the download, not after it, where it is likely to be needed.
    if (!isUsuallySigned || isDoubted) void this.#hash.askNext();
    const answer = await source.download(identity, guessed ? { urgency: guessed.guess } : {});
    if (answer.kind !== 'found') return answer;
    const { bytes, size, lastModified } = answer.value;
    if (guessed?.isTooMuch(size ?? 0)) {
      bytes.destroy();
      guessed.giveUp();
      return failed(tooLargeUnasked(identity));
    }
    if (size !== undefined && size > maxPackageBytes) {
      bytes.destroy();
      return refused(tooLarge(this.options, size));
    }
    // One that the signature alone will not do for.
    if (size === undefined || size > maxTwiceProvenBytes) void this.#hash.ask();
    const taken = await takeIn(answer.value, { source, identity, maxPackageBytes, ...this.parts });
    return taken.kind === 'found' ? this.#admit(taken.value, size, lastModified) : taken;
  }

  /** @param announcedSize in bytes */
  async #admit(
    { content, sha512 }: TakenIn,
    announcedSize: number | undefined,
    lastModified: string | undefined,
  ): Promise<Answer<PackageRow>> {
    const { source, identity, isClaimedSigned, packages, passesAs, clock } = this.options;
    const received = new ReceivedPackage(content);
    this.parts.receiving.resolve(received);
    const [pin, isClaimed] = await Promise.all([passesAs ?? packages.pinOf(identity), isClaimedSigned()]);
    const admitted = await admit({
      identity,
      source: source.name,
      content: received,
      nuspec: () => received.nuspec(),
      ...(announcedSize !== undefined && { announcedSize }),
      sha512,
      published: await this.#hash.soon(pin !== undefined),
      publishedLater: () => this.#hash.ask(),
      isClaimedSigned: isClaimed,
      pin,
    });
    if (pin && pin.sha512 !== sha512) this.#tellConflict(sha512, pin);
    if (admitted.kind !== 'found') return admitted;
    const row = await this.parts.intake.keep({
      identity,
      source: source.name,
      sha512,
      cachedAtMs: clock.now(),
      ...(lastModified !== undefined && { lastModified }),
      evidence: admitted.value,
    });
    if (!(row instanceof PinnedBytesError) && row.sha512 === sha512) {
      if (!admitted.value.includes('published-hash')) this.options.onUncompared?.(row, this.#hash.asked);
      return found(row);
    }
    const pinned = row instanceof PinnedBytesError ? row.pin : row;
    this.#tellConflict(sha512, pinned);
    return refused(versionConflict(identity, source.name, pinned.source));
  }

  #tellConflict(sha512: string, pinned: Pin): void {
    const { source, identity, log } = this.options;
    log.error(
      {
        ...{ source: source.name, sha512, id: identity.id.text, version: identity.version.normalized },
        pinned: { source: pinned.source, sha512: pinned.sha512 },
      },
      `${identity.toString()} is pinned to other bytes than ${source.name} sent: refused`,
    );
  }
}
