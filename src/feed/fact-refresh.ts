import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { failed } from './answer.js';
import { DroppedVersions } from './dropped-versions.js';
import type { FactShape, Subject } from './fact-shape.js';
import type { FailedRefreshes } from './failed-refreshes.js';
import type { Guess } from './guess.js';
import type { Ask, Fetched, Source, SourceAnswer } from './source.js';
import type { SourceHealth } from './source-health.js';
import type { Fact, FactKey, FactStore } from './store.js';
import type { Told, Telling } from './told.js';

export interface FactRefreshOptions {
  readonly source: Source;
  readonly health: SourceHealth;
  readonly facts: FactStore;
  readonly failures: FailedRefreshes;
  readonly telling: Telling;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the reading of one document may take in all, in milliseconds; absent: as long as the source sends. */
  readonly maxRefreshMs: number | undefined;
}

/** Asks one source for a document, and keeps what it says. */
export class FactRefresh {
  readonly #dropped: DroppedVersions;

  constructor(private readonly options: FactRefreshOptions) {
    this.#dropped = new DroppedVersions(options.log);
  }

  /**
   * Never rejects.
   * @param fact what is kept
   * @param guess present where it was begun before anybody asked
   */
  async run<T, S extends Subject>(
    shape: FactShape<T, S>,
    id: S,
    key: FactKey,
    fact: Fact | undefined,
    guess?: Guess,
  ): Promise<Told> {
    const { facts, clock, log, health, failures, telling } = this.options;
    const { name } = this.options.source;
    try {
      const kept = fact?.state === 'found' ? fact : undefined;
      const beganAtMs = clock.monotonicMs();
      const answer = await this.#askInTime(shape, id, kept, guess);
      // A guess may have waited long for its turn: that is no word on the source.
      if (answer.kind !== 'failed' && guess === undefined) health.took(clock.monotonicMs() - beganAtMs);
      const checkedAtMs = clock.now();
      const isOnlyGuess = guess?.isWanted === false;
      if (fact && answer.kind === 'failed' && !isOnlyGuess) failures.note(key, answer.reason);
      else failures.forget(key);
      switch (answer.kind) {
        case 'found':
          return telling.fact(await this.#write(shape, key, answer.value, checkedAtMs, kept), 'MISS');
        case 'unchanged':
          if (fact) return telling.fact(await facts.confirm(fact, checkedAtMs), 'REVALIDATED');
          return telling.untold({
            code: 'source-refused',
            source: name,
            detail: `${name} answered "not modified" without being asked so`,
          });
        case 'missing':
          if (!fact && isOnlyGuess) return telling.unkept();
          return telling.fact(
            await facts.write(key, { state: 'missing', checkedAtMs, validators: {}, head: null, parts: [] }),
            'MISS',
          );
        case 'refused':
        case 'failed':
          log[!isOnlyGuess && health.isNews(answer.reason) ? 'warn' : 'debug'](
            { source: name, id: id.text, kind: shape.kind, code: answer.reason.code, stale: fact !== undefined },
            answer.reason.detail,
          );
          return fact ? telling.stale(fact, answer.reason) : telling.untold(answer.reason, answer.kind);
      }
    } catch (error) {
      // Also reached behind a client that no longer waits: nothing may escape from here.
      log.error({ source: name, id: id.text, kind: shape.kind, err: error }, 'what the source said could not be kept');
      return telling.untold({
        code: 'store-failed',
        source: name,
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
    const { maxRefreshMs, source, health } = this.options;
    const ask: Ask = { ...(kept && { validators: kept.validators }), ...(guess && { urgency: guess }) };
    if (maxRefreshMs === undefined) return shape.ask(source, subject, ask, kept);
    const signal = AbortSignal.timeout(maxRefreshMs);
    try {
      return await shape.ask(source, subject, { ...ask, signal }, kept);
    } catch (error) {
      if (!signal.aborted) throw error;
      const detail = `its answer did not come to an end within ${Number((maxRefreshMs / 1000).toFixed(1))} s`;
      const answer = failed({ code: 'source-timeout', source: source.name, detail });
      if (guess?.isWanted !== false) health.observe(answer, `${shape.kind} ${subject.key}`);
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
    const { facts } = this.options;
    const { head, parts, unparsable } = await shape.keep(value, kept, facts);
    this.#dropped.tell(key, unparsable, shape.dropped ?? 'versions that NuGet cannot read were dropped from the list');
    return facts.write(key, { state: 'found', checkedAtMs, validators, head, parts });
  }
}
