import type { Clock } from '../ops/clock.js';
import { failed, missing } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { CacheState } from './cache-state.js';
import type { CatalogWord } from './catalog-word.js';
import { freshUntilMs } from './freshness.js';
import type { Lifetimes } from './freshness.js';
import type { Fact } from './store.js';

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

export interface TellingOptions {
  /** By name. */
  readonly source: string;
  readonly lifetimes: Lifetimes;
  readonly clock: Clock;
  /** What the source's catalog says of what is kept, where it is followed. */
  readonly catalog: CatalogWord | undefined;
}

/** Tells what one source said, or why it did not, with how long it may be relied on. */
export class Telling {
  constructor(private readonly options: TellingOptions) {}

  fact(fact: Fact, state: CacheState): Told {
    return {
      source: this.options.source,
      answer: fact.state === 'found' ? { kind: 'found', value: fact } : { kind: 'missing' },
      state,
      ...this.#freshness(fact),
    };
  }

  /** Of something that is kept, because the source's present word cannot be had. */
  stale(fact: Fact, staleBecause: Reason): Told {
    return { ...this.fact(fact, 'STALE'), staleBecause };
  }

  /** It does not have it: not kept, for nobody asked. */
  unkept(): Told {
    return this.#atOnce(missing);
  }

  /** It said nothing, and nothing is kept. */
  untold(reason: Reason, kind: 'failed' | 'refused' = 'failed'): Told {
    return this.#atOnce(kind === 'failed' ? failed(reason) : { kind, reason });
  }

  /** For now, and no longer. */
  #atOnce(answer: Answer<never>): Told {
    const { source, clock } = this.options;
    const nowMs = clock.now();
    return { source, answer, state: 'MISS', freshUntilMs: nowMs, checkedAtMs: nowMs };
  }

  /** Its own lifetime, or longer where the source's catalog says that it holds. */
  #freshness(fact: Fact): Pick<Told, 'freshUntilMs' | 'checkedAtMs' | 'maxAgeMs'> {
    const { catalog, clock, lifetimes } = this.options;
    const nowMs = clock.now();
    const { checkedAtMs } = fact;
    const untilMs = freshUntilMs(fact, lifetimes, nowMs);
    const vouched = catalog?.vouch(fact);
    if (vouched === undefined || vouched.untilMs <= untilMs) return { freshUntilMs: untilMs, checkedAtMs };
    const maxAgeMs = untilMs - Math.min(checkedAtMs, nowMs);
    return { freshUntilMs: vouched.untilMs, checkedAtMs: vouched.atMs, maxAgeMs };
  }
}
