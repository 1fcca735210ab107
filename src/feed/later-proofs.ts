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
import type { Uncompared } from './uncompared.js';

export interface LaterProofsOptions {
  readonly store: PackageStore;
  readonly uncompared: Uncompared;
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
/** A source that could not say what it publishes is asked again after so long, in milliseconds. */
const restMs = 300_000;
const pauseMs = 200;
const mostAtOnce = 2;
/** More are not compared: they stay with the evidence they have. */
const maxWaiting = 10_000;
const maxDoubted = 10_000;

/**
 * Packages that were admitted by their own signature are compared with what their source publishes too, but not while clients wait: the two
 * documents that tell a hash cost a restore as much as the list and the package themselves. A package that proves to be another one than its
 * source publishes is taken back, binds nobody, and is doubted from then on. A source that cannot say is asked again, also after a restart.
 */
export class LaterProofs {
  readonly #waiting: Waiting[] = [];
  /** By source and identity. */
  readonly #doubted = new LRUCache<string, true>({ max: maxDoubted });
  /** Until when a source is not asked, by its name. */
  readonly #restingUntilMs = new Map<string, number>();
  #underWay = 0;
  #movedAtMs = -Infinity;
  #callOff: (() => void) | undefined;
  #isStopped = false;

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
    if (this.#waiting.length >= maxWaiting) return;
    this.options.uncompared.add(row);
    if (this.#isStopped) return;
    this.#waiting.push({ row, ask, sinceMs: this.options.clock.monotonicMs() });
    this.#lookAfter(quietMs);
  }

  /** Compares it with what is on its way; when that does not come, later. */
  async compare(row: PackageRow, publishing: Promise<Answer<PublishedHash>>, ask: AskPublished): Promise<void> {
    this.options.uncompared.add(row);
    if (!(await this.#isSettled(row, await publishing))) this.add(row, ask);
  }

  /** Goes on with what an earlier run did not come to. */
  async resume(source: string, askOf: (identity: PackageIdentity) => AskPublished): Promise<void> {
    const { store, uncompared } = this.options;
    for (const identity of await uncompared.of(source)) {
      const row = await store.find(identity);
      if (row?.source === source) this.add(row, askOf(identity));
      else uncompared.delete({ source, identity });
    }
  }

  /** Nothing more is begun: what was not compared stays with the evidence it has until the next start. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff?.();
    this.#waiting.length = 0;
  }

  /** Settles when it is kept what the next start goes on with. */
  async close(): Promise<void> {
    this.stop();
    await this.options.uncompared.close();
  }

  #lookAfter(ms: number): void {
    if (this.#isStopped || this.#waiting.length === 0) return;
    this.#callOff ??= this.options.clock.later(ms, () => {
      this.#callOff = undefined;
      this.#look();
    });
  }

  #look(): void {
    for (;;) {
      const at = this.#waiting.findIndex(({ row }) => !this.#isResting(row.source));
      const next = this.#waiting[at];
      if (next === undefined || this.#underWay >= this.#placesFor(next)) break;
      this.#waiting.splice(at, 1);
      this.#underWay++;
      void this.#prove(next).finally(() => {
        this.#underWay--;
        if (this.#isQuiet) this.#look();
        else this.#lookAfter(pauseMs);
      });
    }
    if (this.#underWay === 0) this.#lookAfter(quietMs);
  }

  #isResting(source: string): boolean {
    return this.options.clock.monotonicMs() < (this.#restingUntilMs.get(source) ?? -Infinity);
  }

  get #isQuiet(): boolean {
    const { clock, isBusy } = this.options;
    return !isBusy() && clock.monotonicMs() - this.#movedAtMs >= quietMs;
  }

  #placesFor({ sinceMs }: Waiting): number {
    if (this.#isQuiet) return mostAtOnce;
    return this.options.clock.monotonicMs() - sinceMs >= mostWaitMs ? 1 : 0;
  }

  async #prove({ row, ask }: Waiting): Promise<void> {
    const { store, uncompared, clock, log } = this.options;
    try {
      if (!isSame(await store.find(row.identity), row)) uncompared.delete(row);
      else if (!(await this.#isSettled(row, await ask()))) {
        this.#restingUntilMs.set(row.source, clock.monotonicMs() + restMs);
        this.add(row, ask);
      }
    } catch (error) {
      const about = { source: row.source, id: row.identity.id.text, version: row.identity.version.normalized };
      log.debug({ ...about, err: error }, 'a kept package could not be compared with what its source publishes');
    }
  }

  /** @returns whether the source said what there is to say */
  async #isSettled(row: PackageRow, published: Answer<PublishedHash>): Promise<boolean> {
    if (published.kind !== 'found' && published.kind !== 'missing') return false;
    if (published.kind === 'found' && published.value.sha512 !== row.sha512) await this.#takeBack(row);
    this.options.uncompared.delete(row);
    return true;
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
