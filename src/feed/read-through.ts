import { LRUCache } from 'lru-cache';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { AbsentPackages } from './absent-packages.js';
import { failed, found, missing } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { CacheState } from './cache-state.js';
import type { CatalogWord } from './catalog-word.js';
import { Coalesce } from './coalesce.js';
import type { FactShape, Subject } from './fact-shape.js';
import { freshUntilMs, lifetimeOf, shorterLifetimes } from './freshness.js';
import type { Lifetimes } from './freshness.js';
import { toldHash } from './registration-fact.js';
import type { Guess } from './guess.js';
import type { RequestBudget } from './request-budget.js';
import type { Ask, Fetched, PublishedHash, Source, SourceAnswer } from './source.js';
import { guardSource } from './guarded-source.js';
import { SourceHealth } from './source-health.js';
import type { Fact, FactKey, FactStore } from './store.js';

const maxTellings = 1_000;
const maxFailuresRemembered = 10_000;
/** How long the refresh of a document that is kept is not repeated after it failed, in milliseconds. */
const restMs = 5_000;
/** What is fresh for less is not asked ahead: it would be asked again. */
const leastLifetimeMs = 5_000;

/** What one source has to say on one id, from what is kept or by asking. */
export interface Told {
  readonly source: string;
  /** `found` holds the kept fact; `missing` too is a fact of the source's. */
  readonly answer: Answer<Fact>;
  readonly state: CacheState;
  /** When this stops being fresh, in ms since the epoch. */
  readonly freshUntilMs: number;
  readonly checkedAtMs: number;
  /** How long clients are told to rely on it from `checkedAtMs` on, where that is less than until `freshUntilMs`, in milliseconds. */
  readonly maxAgeMs?: number;
  /** Why the source's own present word is not in it. */
  readonly staleBecause?: Reason;
  /** Resolves to the source's present word, when that is still awaited. */
  readonly refreshed?: Promise<Told>;
}

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
  readonly #tellings = new LRUCache<string, string>({ max: maxTellings });
  readonly #refreshes = new Coalesce<Told>();
  /** Refreshes that were begun before anybody asked. */
  readonly #guesses = new Map<string, Guess>();
  /** Of documents whose last refresh failed. */
  readonly #failures = new LRUCache<string, { readonly reason: Reason; readonly atMs: number }>({
    max: maxFailuresRemembered,
  });
  readonly #lifetimes: Lifetimes;

  constructor(
    source: Source,
    private readonly options: ReadThroughOptions,
  ) {
    const { clock, log, maxPauseMs = defaultPauseMs } = options;
    this.health = options.health ?? new SourceHealth({ name: source.name, clock, log });
    if (source.probe !== undefined) this.health.probeWith((signal) => isAnswered(source, signal));
    this.source = guardSource(source, { health: this.health, clock, maxPauseMs });
    this.#lifetimes = shorterLifetimes(options.lifetimes, source.lifetimes);
    this.absent = new AbsentPackages(options.clock, this.#lifetimes.missingMs);
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
    const key: FactKey = { source: this.source.name, kind: shape.kind, name: id.key };
    const fact = await facts.read(key);
    if (!fact) return this.#first(() => this.#refresh(shape, id, key, undefined), `${shape.kind}/${id.key}`, budget);
    const told = this.#told(fact, 'HIT');
    if (clock.now() < told.freshUntilMs) return told;

    const resting = this.health.resting() ?? this.#failedJustNow(shape, id);
    if (resting) return { ...this.#told(fact, 'STALE'), staleBecause: resting };
    const refreshed = this.#within(budget, this.#refresh(shape, id, key, fact), fact);
    const early = () => ({ ...this.#told(fact, 'STALE'), ...this.#because(refreshed) });
    const grace = new AbortController();
    try {
      const late = clock.sleep(this.health.graceMs, grace.signal).then(() => {
        this.health.late();
        return early();
      });
      return await this.health.orVain(Promise.race([refreshed, late]), early);
    } finally {
      grace.abort();
    }
  }

  #failedJustNow<T, S extends Subject>({ kind }: FactShape<T, S>, { key }: S): Reason | undefined {
    const failure = this.#failures.get(`${kind}/${key}`);
    return failure && this.options.clock.monotonicMs() - failure.atMs < restMs ? failure.reason : undefined;
  }

  /** Whoever does not wait for the refresh hears why it is in vain, or may wait for it still. */
  #because(refreshed: Promise<Told>): Pick<Told, 'staleBecause' | 'refreshed'> {
    const away = this.health.away();
    return away ? { staleBecause: away } : { refreshed };
  }

  /** What is kept, of any age, without asking. */
  async kept<T, S extends Subject>(shape: FactShape<T, S>, id: S): Promise<Told> {
    const fact = await this.options.facts.read({ source: this.source.name, kind: shape.kind, name: id.key });
    return fact ? this.#told(fact, 'OFFLINE') : this.#untold(offlineMiss(this.source.name, id));
  }

  /**
   * Asks for it before anybody does, where the source may be troubled with that and what is kept is not fresh. What comes to nothing is not
   * remembered: whoever waits for the answer asks again.
   * @returns `undefined` when nothing was asked, because it is fresh or the source is not to be asked
   */
  async ahead<T, S extends Subject>(shape: FactShape<T, S>, id: S, guess: Guess): Promise<Told | undefined> {
    const { facts, offline, clock } = this.options;
    if (offline || !this.mayGuess || lifetimeOf(shape.kind, this.#lifetimes) < leastLifetimeMs) return undefined;
    const key: FactKey = { source: this.source.name, kind: shape.kind, name: id.key };
    const fact = await facts.read(key);
    if (fact && clock.now() < this.#told(fact, 'HIT').freshUntilMs) return undefined;
    if (fact && this.#failedJustNow(shape, id)) return undefined;
    return this.#refresh(shape, id, key, fact, guess);
  }

  /** Whether it may be troubled with what nobody asked for: it answers, and did not ask to be left alone. */
  get mayGuess(): boolean {
    return this.health.isAway !== true && this.health.pausedMs() === 0;
  }

  /** Asks for it now, however fresh what is kept may be. */
  async refresh<T, S extends Subject>(shape: FactShape<T, S>, id: S): Promise<Told> {
    if (this.options.offline) return this.kept(shape, id);
    const key: FactKey = { source: this.source.name, kind: shape.kind, name: id.key };
    return this.#refresh(shape, id, key, await this.options.facts.read(key));
  }

  /** Nothing is kept: the client waits as long as it can, but not for a source that is away, nor for the end of a longer pause. */
  async #first(ask: () => Promise<Told>, question: string, budget: RequestBudget | undefined): Promise<Told> {
    const beganAtMs = this.options.clock.monotonicMs();
    const paused = this.health.paused();
    if (budget && paused?.retryAfterMs !== undefined && paused.retryAfterMs > budget.leftMs)
      return this.#untold(paused);
    const asked = this.health.orAway(ask(), (away) => this.#untold(away));
    if (budget === undefined) return asked;
    return budget.wait(asked, () => {
      const reason = this.#usedUp(budget);
      if (!reason.throttled) this.health.gaveUp(reason, question, beganAtMs);
      return this.#untold(reason);
    });
  }

  async #within(budget: RequestBudget | undefined, asked: Promise<Told>, fact: Fact): Promise<Told> {
    const present = this.health.orAway(asked, (away) => ({ ...this.#told(fact, 'STALE'), staleBecause: away }));
    if (budget === undefined) return present;
    return budget.wait(present, () => ({ ...this.#told(fact, 'STALE'), staleBecause: this.#usedUp(budget) }));
  }

  #usedUp(budget: RequestBudget): Reason {
    return this.health.paused() ?? budget.usedUp(this.source.name, this.health.waiting);
  }

  #refresh<T, S extends Subject>(
    shape: FactShape<T, S>,
    id: S,
    key: FactKey,
    fact: Fact | undefined,
    guess?: Guess,
  ): Promise<Told> {
    const place = `${shape.kind}/${id.key}`;
    if (guess)
      return this.#refreshes.run(place, () => {
        this.#guesses.set(place, guess);
        return this.#ask(shape, id, key, fact, guess).finally(() => this.#guesses.delete(place));
      });
    const joined = this.#guesses.get(place);
    const asked = this.#refreshes.run(place, () => this.#ask(shape, id, key, fact));
    if (!joined) return asked;
    joined.want();
    // It may have failed because it was only a guess.
    return asked.then((told) => (told.answer.kind === 'failed' ? this.#refresh(shape, id, key, fact) : told));
  }

  async #ask<T, S extends Subject>(
    shape: FactShape<T, S>,
    id: S,
    key: FactKey,
    fact: Fact | undefined,
    guess?: Guess,
  ): Promise<Told> {
    const { facts, clock, log } = this.options;
    try {
      const kept = fact?.state === 'found' ? fact : undefined;
      const beganAtMs = clock.monotonicMs();
      const answer = await this.#askInTime(shape, id, kept, guess);
      // A guess may have waited long for its turn: that is no word on the source.
      if (answer.kind !== 'failed' && guess === undefined) this.health.took(clock.monotonicMs() - beganAtMs);
      const checkedAtMs = clock.now();
      const place = `${shape.kind}/${id.key}`;
      const isOnlyGuess = guess?.isWanted === false;
      if (fact && answer.kind === 'failed' && !isOnlyGuess)
        this.#failures.set(place, { reason: answer.reason, atMs: clock.monotonicMs() });
      else this.#failures.delete(place);
      switch (answer.kind) {
        case 'found':
          return this.#told(await this.#write(shape, key, answer.value, checkedAtMs, kept), 'MISS');
        case 'unchanged':
          if (fact) return this.#told(await facts.confirm(fact, checkedAtMs), 'REVALIDATED');
          return this.#untold({
            code: 'source-refused',
            source: this.source.name,
            detail: `${this.source.name} answered "not modified" without being asked so`,
          });
        case 'missing':
          if (!fact && isOnlyGuess) return this.#unkept();
          return this.#told(
            await facts.write(key, { state: 'missing', checkedAtMs, validators: {}, head: null, parts: [] }),
            'MISS',
          );
        case 'refused':
        case 'failed':
          log[!isOnlyGuess && this.health.isNews(answer.reason) ? 'warn' : 'debug'](
            {
              source: this.source.name,
              id: id.text,
              kind: shape.kind,
              code: answer.reason.code,
              stale: fact !== undefined,
            },
            answer.reason.detail,
          );
          return fact
            ? { ...this.#told(fact, 'STALE'), staleBecause: answer.reason }
            : this.#untold(answer.reason, answer.kind);
      }
    } catch (error) {
      // Also reached behind a client that no longer waits: nothing may escape from here.
      log.error(
        { source: this.source.name, id: id.text, kind: shape.kind, err: error },
        'what the source said could not be kept',
      );
      return this.#untold({
        code: 'store-failed',
        source: this.source.name,
        detail: 'what the source said could not be kept here',
      });
    }
  }

  /** A source may send for ever without ever being silent for long: that ends here. */
  async #askInTime<T, S extends Subject>(
    shape: FactShape<T, S>,
    subject: S,
    kept: Fact | undefined,
    guess: Guess | undefined,
  ): Promise<SourceAnswer<T>> {
    const { maxRefreshMs } = this.options;
    const ask: Ask = { ...(kept && { validators: kept.validators }), ...(guess && { urgency: guess }) };
    if (maxRefreshMs === undefined) return shape.ask(this.source, subject, ask, kept);
    const signal = AbortSignal.timeout(maxRefreshMs);
    try {
      return await shape.ask(this.source, subject, { ...ask, signal }, kept);
    } catch (error) {
      if (!signal.aborted) throw error;
      const detail = `its answer did not come to an end within ${Number((maxRefreshMs / 1000).toFixed(1))} s`;
      const answer = failed({ code: 'source-timeout', source: this.source.name, detail });
      if (guess?.isWanted !== false) this.health.observe(answer, `${shape.kind} ${subject.key}`);
      return answer;
    }
  }

  async #write<T, S extends Subject>(
    shape: FactShape<T, S>,
    key: FactKey,
    { value, validators }: Fetched<T>,
    checkedAtMs: number,
    kept: Fact | undefined,
  ): Promise<Fact> {
    const { head, parts, unparsable } = await shape.keep(value, kept, this.options.facts);
    this.#tellDropped(key, unparsable, shape.dropped ?? 'versions that NuGet cannot read were dropped from the list');
    return this.options.facts.write(key, { state: 'found', checkedAtMs, validators, head, parts });
  }

  /** Once, and again when it changes: not on each refresh. */
  #tellDropped({ source, kind, name }: FactKey, unparsable: readonly string[], what: string): void {
    const dropped = unparsable.slice(0, 10);
    const telling = `${unparsable.length} ${dropped.join(' ')}`;
    const place = `${kind}/${name}`;
    if (unparsable.length === 0 || this.#tellings.get(place) === telling) return;
    this.#tellings.set(place, telling);
    this.options.log.warn({ source, id: name, kind, dropped, droppedCount: unparsable.length }, what);
  }

  #told(fact: Fact, state: CacheState): Told {
    return {
      source: this.source.name,
      answer: fact.state === 'found' ? { kind: 'found', value: fact } : { kind: 'missing' },
      state,
      ...this.#freshness(fact),
    };
  }

  /** Its own lifetime, or longer where the source's catalog says that it holds. */
  #freshness(fact: Fact): Pick<Told, 'freshUntilMs' | 'checkedAtMs' | 'maxAgeMs'> {
    const { catalog, clock } = this.options;
    const nowMs = clock.now();
    const { checkedAtMs } = fact;
    const untilMs = freshUntilMs(fact, this.#lifetimes, nowMs);
    const vouched = catalog?.vouch(fact);
    if (vouched === undefined || vouched.untilMs <= untilMs) return { freshUntilMs: untilMs, checkedAtMs };
    const maxAgeMs = untilMs - Math.min(checkedAtMs, nowMs);
    return { freshUntilMs: vouched.untilMs, checkedAtMs: vouched.atMs, maxAgeMs };
  }

  /** It does not have it: not kept, for nobody asked. */
  #unkept(): Told {
    const nowMs = this.options.clock.now();
    const { name } = this.source;
    return { source: name, answer: missing, state: 'MISS', freshUntilMs: nowMs, checkedAtMs: nowMs };
  }

  #untold(reason: Reason, kind: 'failed' | 'refused' = 'failed'): Told {
    const nowMs = this.options.clock.now();
    return {
      source: this.source.name,
      answer: kind === 'failed' ? failed(reason) : { kind, reason },
      state: 'MISS',
      freshUntilMs: nowMs,
      checkedAtMs: nowMs,
    };
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
