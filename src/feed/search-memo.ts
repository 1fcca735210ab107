import { LRUCache } from 'lru-cache';

import type { Clock } from '../ops/clock.js';
import { failed } from './answer.js';
import type { Answer } from './answer.js';
import { Coalesce } from './coalesce.js';
import type { ReadThrough } from './read-through.js';
import { within } from './within.js';

export interface SearchMemoOptions {
  readonly clock: Clock;
  /** How long an answer is used without asking again, in milliseconds. */
  readonly lifetimeMs: number;
  /** How long one source is waited for before what is kept has to do, in milliseconds. */
  readonly patienceMs: number;
  /** Memory for answers, by their size as received, in bytes. */
  readonly maxBytes: number;
}

/** A source's answer and when it gave it, in ms since the epoch. */
export interface Remembered<T> {
  readonly answer: Answer<T>;
  readonly atMs: number;
  readonly wasKept: boolean;
}

interface Kept {
  readonly answer: Answer<unknown>;
  readonly atMs: number;
}

/** What parsed results take beyond their text. */
const memoryPerByte = 3;
const memoryPerAnswer = 1_000;

/** What sources answered to searches, for a short while: one request per question however many ask it. */
export class SearchMemo {
  readonly #kept: LRUCache<string, Kept>;
  readonly #asking = new Coalesce<Kept>();

  constructor(private readonly options: SearchMemoOptions) {
    this.#kept = new LRUCache<string, Kept>({
      maxSize: options.maxBytes,
      sizeCalculation: ({ answer }, key) =>
        memoryPerAnswer + key.length + (answer.kind === 'found' ? memoryPerByte * bytesOf(answer.value) : 0),
    });
  }

  get lifetimeMs(): number {
    return this.options.lifetimeMs;
  }

  /**
   * The answer to a question, kept or asked for now. Failures are not kept: the source's health remembers those.
   *
   * @param question the same for all spellings of it; the kind of what is asked included, so that `T` is always the same
   */
  async ask<T extends { readonly bytes: number }>(
    member: ReadThrough,
    question: string,
    ask: () => Promise<Answer<T>>,
  ): Promise<Remembered<T>> {
    const { clock, lifetimeMs, patienceMs } = this.options;
    const { name } = member.source;
    const key = `${name} ${question}`;
    const kept = this.#kept.get(key);
    const nowMs = clock.now();
    if (kept !== undefined && kept.atMs <= nowMs && nowMs < kept.atMs + lifetimeMs)
      return { ...(kept as Kept & { answer: Answer<T> }), wasKept: true };
    const asking = this.#asking.run(key, async () => {
      const answer = await ask();
      const fresh = { answer, atMs: clock.now() };
      if (answer.kind === 'found' || answer.kind === 'missing') this.#kept.set(key, fresh);
      return fresh;
    });
    const reachable = member.health.orAway<Kept, Kept>(asking, (away) => ({ answer: failed(away), atMs: nowMs }));
    const late = () => ({ answer: tooLate(name, patienceMs), atMs: nowMs });
    const settled = (await within(clock, patienceMs, reachable, late)) as Kept & { answer: Answer<T> };
    return { ...settled, wasKept: false };
  }
}

function tooLate(source: string, patienceMs: number) {
  const detail = `its search did not answer within ${Math.round(patienceMs / 1000)} s`;
  return failed({ source, code: 'source-timeout', detail });
}

const bytesOf = (value: unknown) => (value as { readonly bytes: number }).bytes;
