import type { PackageId } from '../nuget/package-id.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { failed } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { CacheState } from './cache-state.js';
import { Coalesce } from './coalesce.js';
import { freshUntilMs } from './freshness.js';
import type { Lifetimes } from './freshness.js';
import type { Ask, Fetched, Source, SourceAnswer } from './source.js';
import { SourceHealth } from './source-health.js';
import type { Fact, FactKey, FactKind, FactStore } from './store.js';

/** How one kind of document is asked of a source and kept. */
export interface FactShape<T> {
  readonly kind: FactKind;
  ask(source: Source, id: PackageId, ask: Ask): Promise<SourceAnswer<T>>;
  /** The fact's head and body. Told strings are logged, once per write. */
  keep(value: T): { readonly head: unknown; readonly parts: readonly Buffer[]; readonly unparsable: readonly string[] };
}

/** What one source has to say on one id, from what is kept or by asking. */
export interface Told {
  readonly source: string;
  /** `found` holds the kept fact; `missing` too is a fact of the source's. */
  readonly answer: Answer<Fact>;
  readonly state: CacheState;
  /** When this stops being fresh, in ms since the epoch. */
  readonly freshUntilMs: number;
  readonly checkedAtMs: number;
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
  /** How long a request waits for the refresh of something it has, in milliseconds. */
  readonly refreshGraceMs: number;
}

/**
 * Facts of one source, kept and refreshed: one refresh per document however many wait, and a client waits for one only briefly when
 * something is kept.
 */
export class ReadThrough {
  readonly health: SourceHealth;
  readonly #refreshes = new Coalesce<Told>();

  constructor(
    readonly source: Source,
    private readonly options: ReadThroughOptions,
  ) {
    this.health = new SourceHealth(options.clock);
  }

  async read<T>(shape: FactShape<T>, id: PackageId): Promise<Told> {
    const { facts, lifetimes, offline, clock, refreshGraceMs } = this.options;
    if (offline) return this.kept(shape, id);
    const key: FactKey = { source: this.source.name, kind: shape.kind, name: id.key };
    const fact = await facts.read(key);
    if (!fact) return this.#refresh(shape, id, key, undefined);
    if (clock.now() < freshUntilMs(fact, lifetimes, clock.now())) return this.#told(fact, 'HIT');

    const resting = this.health.resting();
    if (resting) return { ...this.#told(fact, 'STALE'), staleBecause: resting };
    const refreshed = this.#refresh(shape, id, key, fact);
    const grace = new AbortController();
    try {
      return await Promise.race([
        refreshed,
        clock.sleep(refreshGraceMs, grace.signal).then(() => ({ ...this.#told(fact, 'STALE'), refreshed })),
      ]);
    } finally {
      grace.abort();
    }
  }

  /** What is kept, of any age, without asking. */
  async kept<T>(shape: FactShape<T>, id: PackageId): Promise<Told> {
    const fact = await this.options.facts.read({ source: this.source.name, kind: shape.kind, name: id.key });
    return fact ? this.#told(fact, 'OFFLINE') : this.#untold(offlineMiss(this.source.name, id));
  }

  #refresh<T>(shape: FactShape<T>, id: PackageId, key: FactKey, fact: Fact | undefined): Promise<Told> {
    return this.#refreshes.run(`${shape.kind}/${id.key}`, () => this.#ask(shape, id, key, fact));
  }

  async #ask<T>(shape: FactShape<T>, id: PackageId, key: FactKey, fact: Fact | undefined): Promise<Told> {
    const { facts, clock, log } = this.options;
    try {
      const validators = fact?.state === 'found' ? fact.validators : undefined;
      const answer = await shape.ask(this.source, id, validators ? { validators } : {});
      this.health.observe(answer);
      const checkedAtMs = clock.now();
      switch (answer.kind) {
        case 'found':
          return this.#told(await this.#write(shape, key, answer.value, checkedAtMs), 'MISS');
        case 'unchanged':
          if (fact) return this.#told(await facts.confirm(fact, checkedAtMs), 'REVALIDATED');
          return this.#untold({
            code: 'source-refused',
            source: this.source.name,
            detail: `${this.source.name} answered "not modified" without being asked so`,
          });
        case 'missing':
          return this.#told(
            await facts.write(key, { state: 'missing', checkedAtMs, validators: {}, head: null, parts: [] }),
            'MISS',
          );
        case 'refused':
        case 'failed':
          log.warn(
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

  async #write<T>(
    shape: FactShape<T>,
    key: FactKey,
    { value, validators }: Fetched<T>,
    checkedAtMs: number,
  ): Promise<Fact> {
    const { head, parts, unparsable } = shape.keep(value);
    if (unparsable.length > 0)
      this.options.log.warn(
        {
          source: key.source,
          id: key.name,
          kind: key.kind,
          dropped: unparsable.slice(0, 10),
          droppedCount: unparsable.length,
        },
        'versions that NuGet cannot read were dropped from the list',
      );
    return this.options.facts.write(key, { state: 'found', checkedAtMs, validators, head, parts });
  }

  #told(fact: Fact, state: CacheState): Told {
    const { lifetimes, clock } = this.options;
    return {
      source: this.source.name,
      answer: fact.state === 'found' ? { kind: 'found', value: fact } : { kind: 'missing' },
      state,
      freshUntilMs: freshUntilMs(fact, lifetimes, clock.now()),
      checkedAtMs: fact.checkedAtMs,
    };
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

function offlineMiss(source: string, id: PackageId): Reason {
  return {
    code: 'offline-miss',
    source,
    detail: `offline, and nothing is kept here of what ${source} says on ${id.text}`,
  };
}
