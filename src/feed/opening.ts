import type { Clock } from '../ops/clock.js';
import type { Answer } from './answer.js';
import { found } from './answer.js';
import { deferred } from './deferred.js';
import type { Arriving } from './intake.js';

/** What the first bytes told. */
export interface Opened {
  /** Bytes, where the source announced them or all have arrived. */
  readonly size?: number;
  readonly lastModified?: string;
}

/**
 * A package up to this size is waited for a moment, so that a bad one is told as an error and not as a broken connection. Nothing is lost
 * by that: its last byte waits for the verdict in any case.
 */
const smallBytes = 256 * 1024;
const smallGraceMs = 250;
const zipMagic = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

/** The beginning of a download: whether what comes looks like a package, and when those who wait are told that it is on its way. */
export class Opening {
  /** The first bytes are there and look like a package, or it is known why not. */
  readonly opened: Promise<Answer<Opened>>;
  readonly #opening = deferred<Answer<Opened>>();
  #magicSeen = false;
  #isTold = false;

  constructor(private readonly clock: Clock) {
    this.opened = this.#opening.promise;
  }

  /** Whether it may be a package, as far as it has come. */
  async mayBePackage(arriving: Arriving): Promise<boolean> {
    if (this.#magicSeen || arriving.received < zipMagic.length) return true;
    this.#magicSeen = (await arriving.peek(0, zipMagic.length)).equals(zipMagic);
    return this.#magicSeen;
  }

  /** More bytes of a package have come: the first ones that look like one are told. */
  tell(opened: Opened): void {
    if (this.#isTold || !this.#magicSeen) return;
    this.#isTold = true;
    if (opened.size === undefined || opened.size > smallBytes) this.#opening.resolve(found(opened));
    else void this.clock.sleep(smallGraceMs).then(() => this.#opening.resolve(found(opened)));
  }

  /** It is known how the download ended: told to who was told nothing before. */
  end(outcome: Answer<Opened>): void {
    this.#opening.resolve(outcome);
  }
}
