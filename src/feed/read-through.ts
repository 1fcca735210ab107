import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { AbsentPackages } from './absent-packages.js';
import { found, missing } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { CatalogWord } from './catalog-word.js';
import { FactRefresh } from './fact-refresh.js';
import { placeOf } from './fact-shape.js';
import type { FactShape, Subject } from './fact-shape.js';
import { FailedRefreshes } from './failed-refreshes.js';
import { lifetimeOf, shorterLifetimes } from './freshness.js';
import type { Lifetimes } from './freshness.js';
import { guardSource } from './guarded-source.js';
import type { Guess } from './guess.js';
import { Refreshes } from './refreshes.js';
import { toldHash } from './registration-fact.js';
import type { RequestBudget } from './request-budget.js';
import type { Ask, PublishedHash, Source } from './source.js';
import { SourceHealth } from './source-health.js';
import type { Fact, FactKey, FactStore } from './store.js';
import { Telling } from './told.js';
import type { Told } from './told.js';
import { within } from './within.js';

/** What is fresh for less is not asked ahead: it would be asked again. */
const leastLifetimeMs = 5_000;

export interface ReadThroughOptions {
  readonly facts: FactStore;
  readonly lifetimes: Lifetimes;
  readonly offline: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the reading of one document may take in all, whoever waits for it, in milliseconds; absent: as long as the source sends. */
  readonly maxRefreshMs?: number;
  /** What the source's catalog says of what is kept, where it is followed. */
  readonly catalog?: CatalogWord;
  /** What is known of the source as a whole, where others want to know it too. */
  readonly health?: SourceHealth;
  /** How long a question waits for the end of a pause that the source asked for, in milliseconds. */
  readonly maxPauseMs?: number;
}

const defaultPauseMs = 20_000;

/**
 * Facts of one source, kept and refreshed: one refresh per document however many wait, and a client waits for one only briefly when
 * something is kept.
 */
export class ReadThrough {
  /** Asked only while it is neither away nor wants to be left alone. */
  readonly source: Source;
  readonly health: SourceHealth;
  readonly absent: AbsentPackages;
  readonly #lifetimes: Lifetimes;
  readonly #telling: Telling;
  readonly #failures: FailedRefreshes;
  readonly #refreshes: Refreshes;

  constructor(
    source: Source,
    private readonly options: ReadThroughOptions,
  ) {
    const { facts, clock, log, catalog, maxRefreshMs, maxPauseMs = defaultPauseMs } = options;
    const health = options.health ?? new SourceHealth({ name: source.name, clock, log });
    if (source.probe !== undefined) health.probeWith((signal) => isAnswered(source, signal));
    this.health = health;
    this.source = guardSource(source, { health, clock, maxPauseMs });
    this.#lifetimes = shorterLifetimes(options.lifetimes, source.lifetimes);
    this.absent = new AbsentPackages(clock, this.#lifetimes.missingMs);
    this.#failures = new FailedRefreshes(clock);
    this.#telling = new Telling({ source: source.name, lifetimes: this.#lifetimes, clock, catalog });
    const parts = { source: this.source, health, failures: this.#failures, telling: this.#telling };
    this.#refreshes = new Refreshes(new FactRefresh({ ...parts, facts, clock, log, maxRefreshMs }));
  }

  /**
   * The SHA-512 that the source publishes for a package: as it says now or, where it is not to be asked for single hashes, as its
   * registration told when it was last read.
   */
  async publishedHash(
    identity: PackageIdentity,
    ask: Pick<Ask, 'urgency' | 'standsBack'> = {},
  ): Promise<Answer<PublishedHash>> {
    const { facts, offline } = this.options;
    const told = offline ? missing : await this.source.publishedHash(identity, ask);
    if (told.kind !== 'missing') return told;
    const fact = await facts.read({ source: this.source.name, kind: 'registration', name: identity.id.key });
    const sha512 = fact?.state === 'found' ? toldHash(fact, identity.version) : undefined;
    return sha512 === undefined ? missing : found({ sha512 });
  }

  /** @param budget how long the client who asks will wait; what was begun goes on without it */
  async read<T, S extends Subject>(shape: FactShape<T, S>, id: S, budget?: RequestBudget): Promise<Told> {
    const { facts, offline, clock } = this.options;
    if (offline) return this.kept(shape, id);
    const key = this.#keyOf(shape, id);
    const fact = await facts.read(key);
    if (!fact) return this.#first(() => this.#refreshes.join(shape, id, key, undefined), placeOf(key), budget);
    const told = this.#telling.fact(fact, 'HIT');
    if (clock.now() < told.freshUntilMs) return told;

    const resting = this.health.resting() ?? this.#failures.justNow(key);
    if (resting) return this.#telling.stale(fact, resting);
    const refreshed = this.#within(budget, this.#refreshes.join(shape, id, key, fact), fact);
    const early = () => ({ ...this.#telling.fact(fact, 'STALE'), ...this.#because(refreshed) });
    return within(clock, this.health.graceMs, this.health.orVain(refreshed, early), () => {
      this.health.late();
      return early();
    });
  }

  /** Whoever does not wait for the refresh hears why it is in vain, or may wait for it still. */
  #because(refreshed: Promise<Told>): Pick<Told, 'staleBecause' | 'refreshed'> {
    const away = this.health.away();
    return away ? { staleBecause: away } : { refreshed };
  }

  /** What is kept, of any age, without asking. */
  async kept<T, S extends Subject>(shape: FactShape<T, S>, id: S): Promise<Told> {
    const fact = await this.options.facts.read(this.#keyOf(shape, id));
    return fact ? this.#telling.fact(fact, 'OFFLINE') : this.#telling.untold(offlineMiss(this.source.name, id));
  }

  /**
   * Asks for it before anybody does, where the source may be troubled with that and what is kept is not fresh. What comes to nothing is not
   * remembered: whoever waits for the answer asks again.
   * @returns `undefined` when nothing was asked, because it is fresh or the source is not to be asked
   */
  async ahead<T, S extends Subject>(shape: FactShape<T, S>, id: S, guess: Guess): Promise<Told | undefined> {
    const { facts, offline, clock } = this.options;
    if (offline || !this.mayGuess || lifetimeOf(shape.kind, this.#lifetimes) < leastLifetimeMs) return undefined;
    const key = this.#keyOf(shape, id);
    const fact = await facts.read(key);
    if (fact && clock.now() < this.#telling.fact(fact, 'HIT').freshUntilMs) return undefined;
    if (fact && this.#failures.justNow(key)) return undefined;
    return this.#refreshes.ahead(shape, id, key, fact, guess);
  }

  /** Whether it may be troubled with what nobody asked for: it answers, and did not ask to be left alone. */
  get mayGuess(): boolean {
    return this.health.isAway !== true && this.health.pausedMs() === 0;
  }

  /** Asks for it now, however fresh what is kept may be. */
  async refresh<T, S extends Subject>(shape: FactShape<T, S>, id: S): Promise<Told> {
    if (this.options.offline) return this.kept(shape, id);
    const key = this.#keyOf(shape, id);
    return this.#refreshes.join(shape, id, key, await this.options.facts.read(key));
  }

  #keyOf({ kind }: Pick<FactShape<unknown>, 'kind'>, { key }: Subject): FactKey {
    return { source: this.source.name, kind, name: key };
  }

  /** Nothing is kept: the client waits as long as it can, but not for a source that is away, nor for the end of a longer pause. */
  async #first(ask: () => Promise<Told>, question: string, budget: RequestBudget | undefined): Promise<Told> {
    const beganAtMs = this.options.clock.monotonicMs();
    const paused = this.health.paused();
    if (budget && paused?.retryAfterMs !== undefined && paused.retryAfterMs > budget.leftMs)
      return this.#telling.untold(paused);
    const asked = this.health.orAway(ask(), (away) => this.#telling.untold(away));
    if (budget === undefined) return asked;
    return budget.wait(asked, () => {
      const reason = this.#usedUp(budget);
      if (!reason.throttled) this.health.gaveUp(reason, question, beganAtMs);
      return this.#telling.untold(reason);
    });
  }

  async #within(budget: RequestBudget | undefined, asked: Promise<Told>, fact: Fact): Promise<Told> {
    const present = this.health.orAway(asked, (away) => this.#telling.stale(fact, away));
    if (budget === undefined) return present;
    return budget.wait(present, () => this.#telling.stale(fact, this.#usedUp(budget)));
  }

  #usedUp(budget: RequestBudget): Reason {
    return this.health.paused() ?? budget.usedUp(this.source.name, this.health.waiting);
  }
}

/** Any answer tells that it is there, a refusal too. */
async function isAnswered(source: Source, signal: AbortSignal): Promise<boolean> {
  const answer = await source.probe?.({ signal });
  return answer !== undefined && answer.kind !== 'failed';
}

function offlineMiss(source: string, id: Subject): Reason {
  return {
    code: 'offline-miss',
    source,
    detail: `offline, and nothing is kept here of what ${source} says on ${id.text}`,
  };
}
