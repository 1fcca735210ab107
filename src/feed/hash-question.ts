import { setImmediate as nextTurn } from 'node:timers/promises';

import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import { failed } from './answer.js';
import type { Answer } from './answer.js';
import type { PublishedHash, Source } from './source.js';
import { within } from './within.js';

export interface HashQuestionOptions {
  readonly source: Pick<Source, 'name'>;
  readonly identity: PackageIdentity;
  /** Asks what the source publishes of it. */
  readonly publishedHash: () => Promise<Answer<PublishedHash>>;
  /** How long a package that is here waits for the published hash while its signature may speak for it, in milliseconds. */
  readonly publishedGraceMs?: number;
  /** The published hash is waited for, whatever the package says of itself: once it was another than that of the bytes. */
  readonly isDoubted?: boolean;
  readonly clock: Clock;
}

const defaultGraceMs = 50;

/** What hash the source publishes of a package on its way: asked at most once, beside the download or when it proves to be needed. */
export class HashQuestion {
  #asked: Promise<Answer<PublishedHash>> | undefined;

  constructor(private readonly options: HashQuestionOptions) {}

  /** The answer, awaited or there; `undefined` while nobody asked. */
  get asked(): Promise<Answer<PublishedHash>> | undefined {
    return this.#asked;
  }

  /** As `ask`, behind what is asked in this same turn: who waits for the package's first byte is not to wait for this. */
  askNext(): Promise<Answer<PublishedHash>> {
    return (this.#asked ??= nextTurn().then(() => this.#ask()));
  }

  /** Never rejects. */
  ask(): Promise<Answer<PublishedHash>> {
    return (this.#asked ??= this.#ask());
  }

  /**
   * The answer where it was asked and comes within a moment. Of bytes that were bound before, the published hash is not news: it is asked in
   * any case, and waited for.
   * @param isBound whether the identity is pinned
   */
  async soon(isBound: boolean): Promise<Answer<PublishedHash> | undefined> {
    const { clock, isDoubted, publishedGraceMs = defaultGraceMs } = this.options;
    const asked = isBound ? this.ask() : this.#asked;
    if (isBound || isDoubted || !asked) return asked;
    return within(clock, publishedGraceMs, asked, () => undefined);
  }

  async #ask(): Promise<Answer<PublishedHash>> {
    const { source, identity, publishedHash } = this.options;
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
}
