import { LRUCache } from 'lru-cache';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { otherThanPublished } from './admit.js';
import { refused } from './answer.js';
import type { Answer } from './answer.js';
import type { Refusals } from './refusals.js';
import type { PublishedHash } from './source.js';
import type { PackageRow, PackageStore } from './store.js';

export interface LaterProofsOptions {
  readonly store: PackageStore;
  readonly refusals: Refusals;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether packages are on their way. */
  readonly isBusy: () => boolean;
}

/** What a source publishes of a package that was admitted by its own signature. */
export type AskPublished = () => Promise<Answer<PublishedHash>>;

interface Waiting {
  readonly row: PackageRow;
  readonly ask: AskPublished;
  readonly sinceMs: number;
}

/** A restore is over when nothing was fetched for so long, in milliseconds: a large one unpacks what it fetched for some seconds. */
const quietMs = 10_000;
/** Nobody waits longer for a quiet moment than this, in milliseconds; then one comparison is made at a time, with pauses. */
const mostWaitMs = 60_000;
const pauseMs = 200;
const mostAtOnce = 2;
/** More are not compared: they stay with the evidence they have. */
const maxWaiting = 10_000;
const maxDoubted = 10_000;

/**
 * Packages that were admitted by their own signature are compared with what their source publishes too, but not while clients wait: the two
 * documents that tell a hash cost a restore as much as the list and the package themselves. A package that proves to be another one than its
 * source publishes is taken back, binds nobody, and is doubted from then on.
 */
export class LaterProofs {
  readonly #waiting: Waiting[] = [];
  /** By source and identity. */
  readonly #doubted = new LRUCache<string, true>({ max: maxDoubted });
  #underWay = 0;
  #movedAtMs = -Infinity;
  #callOff: (() => void) | undefined;
  #isClosed = false;

  constructor(private readonly options: LaterProofsOptions) {}

  /** The source publishes another hash than that of bytes which were kept for a moment. */
  isDoubted(source: string, { key }: PackageIdentity): boolean {
    return this.#doubted.has(`${source}/${key}`);
  }

  /** Something was asked of a source for a client, or came from there. */
  moved(): void {
    this.#movedAtMs = this.options.clock.monotonicMs();
  }

  /** Compares it when nothing else is to be fetched. */
  add(row: PackageRow, ask: AskPublished): void {
    if (this.#isClosed || this.#waiting.length >= maxWaiting) return;
    this.#waiting.push({ row, ask, sinceMs: this.options.clock.monotonicMs() });
    this.#lookAfter(quietMs);
  }

  /** Compares it with what is on its way. */
  async compare(row: PackageRow, publishing: Promise<Answer<PublishedHash>>): Promise<void> {
    const published = await publishing;
    if (published.kind === 'found' && published.value.sha512 !== row.sha512) await this.#takeBack(row);
  }

  /** Nothing more is begun: what was not compared stays with the evidence it has. */
  close(): void {
    this.#isClosed = true;
    this.#callOff?.();
    this.#waiting.length = 0;
  }

  #lookAfter(ms: number): void {
    if (this.#isClosed || this.#waiting.length === 0) return;
    this.#callOff ??= this.options.clock.later(ms, () => {
      this.#callOff = undefined;
      this.#look();
    });
  }

  #look(): void {
    while (this.#underWay < this.#places) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#underWay++;
      void this.#prove(next).finally(() => {
        this.#underWay--;
        if (this.#isQuiet) this.#look();
        else this.#lookAfter(pauseMs);
      });
    }
    if (this.#underWay === 0) this.#lookAfter(quietMs);
  }

  get #isQuiet(): boolean {
    const { clock, isBusy } = this.options;
    return !isBusy() && clock.monotonicMs() - this.#movedAtMs >= quietMs;
  }

  get #places(): number {
    if (this.#isQuiet) return mostAtOnce;
    const [first] = this.#waiting;
    return first && this.options.clock.monotonicMs() - first.sinceMs >= mostWaitMs ? 1 : 0;
  }

  async #prove({ row, ask }: Waiting): Promise<void> {
    const { store, log } = this.options;
    try {
      if (isSame(await store.find(row.identity), row)) await this.compare(row, ask());
    } catch (error) {
      const about = { source: row.source, id: row.identity.id.text, version: row.identity.version.normalized };
      log.debug({ ...about, err: error }, 'a kept package could not be compared with what its source publishes');
    }
  }

  async #takeBack(row: PackageRow): Promise<void> {
    const { store, refusals, log, clock } = this.options;
    const { identity, source, sha512 } = row;
    const reason = otherThanPublished(source, identity);
    this.#doubted.set(`${source}/${identity.key}`, true);
    refusals.note(identity, source, refused(reason), clock.now());
    log.error({ source, sha512, id: identity.id.text, version: identity.version.normalized }, reason.detail);
    try {
      if (isSame(await store.find(identity), row)) await store.purge(identity);
    } catch (error) {
      log.error({ err: error }, 'a package that its source contradicts could not be taken out of the store');
    }
  }
}

function isSame(kept: PackageRow | undefined, row: PackageRow): boolean {
  return kept?.sha512 === row.sha512 && kept.source === row.source;
}
