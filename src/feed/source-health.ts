import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import type { Answer, Reason } from './answer.js';
import { Circuit } from './circuit.js';
import { Probing } from './probing.js';
import { SourceAuthorization } from './source-authorization.js';
import { SourcePace } from './source-pace.js';
import { SourcePause } from './source-pause.js';

/** How long a source without a probe is left alone by requests that have a kept answer, after it failed, in milliseconds. */
const restMs = 5_000;
/** What clients are told to wait for a source that is away, at most, in milliseconds: it may be back any moment. */
const longestRetryAfterMs = 5_000;

const gaveUpTogetherMs = 1_000;
const defaultProbeTimeoutMs = 12_000;
const defaultMostGraceMs = 500;
const outageCodes = new Set<Reason['code']>(['source-unreachable', 'source-timeout', 'source-failed']);

export interface SourceHealthOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log?: Logger;
  /** How long a probe may take, in milliseconds: no less than an answer may, or a slow source would stay away for ever. */
  readonly probeTimeoutMs?: number;
  /** How long somebody who has a kept answer waits for a newer one at most, in milliseconds. */
  readonly mostGraceMs?: number;
  /** How long at least. */
  readonly leastGraceMs?: number;
  /** Of pauses; between 0 and 1. */
  readonly random?: () => number;
}

/**
 * What is known of a source as a whole, shared by all ids and all kinds of questions: whether it is away, whether it asked to be left alone,
 * and whether it is worth waiting for. One dead source costs its detection once, and nobody waits for it after that.
 */
export class SourceHealth {
  readonly authorization: SourceAuthorization;
  /** Requests that wait for a free connection to it. */
  waiting = 0;
  readonly #circuit = new Circuit();
  readonly #pause: SourcePause;
  readonly #pace: SourcePace;
  readonly #waiters = new Set<() => void>();
  #probing: Probing | undefined;
  #openedAt = '';
  #gaveUpAtMs = Number.NEGATIVE_INFINITY;
  #openedAtMs = 0;
  #rest: { readonly reason: Reason; readonly atMs: number } | undefined;

  constructor(private readonly options: SourceHealthOptions) {
    this.authorization = new SourceAuthorization(options.clock);
    this.#pause = new SourcePause(options.clock, options.random);
    this.#pace = new SourcePace(options.mostGraceMs ?? defaultMostGraceMs, options.leastGraceMs);
  }

  /** From now on it is probed while it is away. @param probe whether it answered */
  probeWith(probe: (signal: AbortSignal) => Promise<boolean>): void {
    const { clock, random, probeTimeoutMs = defaultProbeTimeoutMs } = this.options;
    this.#probing = new Probing(clock, probe, () => this.#probed(), probeTimeoutMs, random);
  }

  /**
   * Notes what came of a question.
   * @param question the same text for the same question
   * @param beganAtMs when it was asked, in the clock's monotonic milliseconds
   */
  observe(answer: Answer<unknown> | { readonly kind: 'unchanged' }, question = '', beganAtMs = this.#nowMs()): void {
    this.authorization.observe(answer);
    if (answer.kind === 'failed') this.#failed(answer.reason, question, beganAtMs);
    else {
      this.#rest = undefined;
      if (answer.kind !== 'refused') this.#good();
    }
  }

  /**
   * A client waited for as long as it could, and got nothing: a silence, unless something was answered meanwhile. Those who give up
   * together are one.
   */
  gaveUp(reason: Reason, question: string, beganAtMs: number): void {
    const nowMs = this.#nowMs();
    if (this.waiting > 0 || nowMs - this.#gaveUpAtMs < gaveUpTogetherMs || this.#circuit.lastGoodAtMs > beganAtMs)
      return;
    this.#gaveUpAtMs = nowMs;
    this.#failed(reason, question, beganAtMs);
  }

  /** The source asks to be asked less. @param retryAfterMs as it said */
  throttled(retryAfterMs: number | undefined): void {
    this.#pause.begin(retryAfterMs);
  }

  /** Whether it is not asked; `undefined` where nothing can tell when it is back, and it is asked always. */
  get isAway(): boolean | undefined {
    return this.#probing && this.#circuit.state === 'open';
  }

  /** Why it is not asked: it is away. Nobody waits for it, but who asks has it probed soon. */
  away(): Reason | undefined {
    const reason = this.#circuit.lastReason;
    if (this.#circuit.state !== 'open' || reason === undefined) return undefined;
    this.#probing?.want();
    const nextMs = this.#probing?.nextInMs ?? 0;
    return {
      code: reason.code,
      source: this.options.name,
      detail: `${this.options.name} is away since ${this.#openedAt} and is not asked until it answers again; seen last: ${reason.detail}`,
      retryAfterMs: Math.min(longestRetryAfterMs, Math.max(1_000, nextMs)),
    };
  }

  /** Why it is not asked just now: it wants to be left alone. It may be worth waiting for: `retryAfterMs`. */
  paused(): Reason | undefined {
    const leftMs = this.#pause.leftMs;
    if (leftMs === 0) return undefined;
    const seconds = Math.ceil(leftMs / 1000);
    return {
      code: 'source-failed',
      source: this.options.name,
      detail: `${this.options.name} wants to be asked less and is left alone for another ${seconds} s`,
      retryAfterMs: leftMs,
      throttled: true,
    };
  }

  /** How long it wants to be left alone, in milliseconds. */
  pausedMs(): number {
    return this.#pause.leftMs;
  }

  /** Why what is kept is given without asking. */
  resting(): Reason | undefined {
    const away = this.away() ?? this.paused();
    if (away !== undefined || this.#rest === undefined) return away;
    const { reason, atMs } = this.#rest;
    return this.#nowMs() - atMs < restMs ? reason : undefined;
  }

  /** Whether waiting a moment for a newer word than the kept one is in vain. */
  get isSlow(): boolean {
    return this.#pace.isSlow;
  }

  /** Whether asking a second time may help: not where others failed too just now. */
  mayRetry(): boolean {
    return this.#circuit.lastReason === undefined;
  }

  /** A client that has a kept answer waited for a newer one in vain. */
  late(): void {
    if (this.#pace.late()) this.#release();
  }

  /** How long somebody who has a kept answer waits for a newer one, in milliseconds: about as long as the source usually takes. */
  get graceMs(): number {
    return this.#pace.graceMs;
  }

  /** An answer came, so many milliseconds after it was asked for. */
  took(ms: number): void {
    this.#pace.took(ms);
  }

  /** Whether a failure is worth a line in the log; then it counts as told. What all hear of an outage was told when it began. */
  isNews(reason: Reason): boolean {
    const isOfOutage = outageCodes.has(reason.code) && (this.#circuit.state === 'open' || this.#pause.leftMs > 0);
    return !isOfOutage && this.authorization.isNews(reason);
  }

  /** What `work` comes to, or `otherwise` as soon as the source counts as away. */
  async orAway<T, O>(work: Promise<T>, otherwise: (reason: Reason) => O): Promise<T | O> {
    return this.#released(work, () => {
      const away = this.away();
      return away && (() => otherwise(away));
    });
  }

  /** What `work` comes to, or `otherwise` as soon as waiting for the source is in vain. */
  async orVain<T, O>(work: Promise<T>, otherwise: () => O): Promise<T | O> {
    return this.#released(work, () => (this.isSlow || this.away() !== undefined ? otherwise : undefined));
  }

  /** Ends what runs in the background. */
  close(): void {
    this.#probing?.stop();
    this.#probing = undefined;
  }

  async #released<T, O>(work: Promise<T>, outcome: () => (() => O) | undefined): Promise<T | O> {
    let waiter: (() => void) | undefined;
    const released = new Promise<O>((resolve) => {
      waiter = () => {
        const then = outcome();
        if (then !== undefined) resolve(then());
      };
      this.#waiters.add(waiter);
      waiter();
    });
    try {
      return await Promise.race([work, released]);
    } finally {
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  #failed(reason: Reason, question: string, beganAtMs: number): void {
    if (reason.throttled) this.#pause.begin(reason.retryAfterMs);
    if (this.#probing === undefined) {
      this.#rest = { reason, atMs: this.#nowMs() };
      return;
    }
    if (!this.#circuit.failed(reason, question, beganAtMs)) return;
    this.#openedAt = `${new Date(this.options.clock.now()).toISOString().slice(0, 19)}Z`;
    this.#openedAtMs = this.#nowMs();
    this.#probing.start();
    this.options.log?.warn(
      { source: this.options.name, code: reason.code },
      `the source is away and is not asked until it answers again: ${reason.detail}`,
    );
    this.#release();
  }

  #good(): void {
    this.#pause.good();
    const wasTold = this.#circuit.state !== 'closed';
    this.#circuit.good(this.#nowMs());
    this.#probing?.forget();
    if (wasTold) this.#tellBack('the source answers again');
  }

  #probed(): void {
    if (this.#circuit.probed()) this.#tellBack('the source is asked again: a probe was answered');
  }

  #tellBack(message: string): void {
    const awayMs = Math.round(this.#nowMs() - this.#openedAtMs);
    this.options.log?.info({ source: this.options.name, awayMs }, message);
  }

  /** A turn later: whoever asked hears the answer itself before those who wait hear what it means. */
  #release(): void {
    setImmediate(() => {
      for (const waiter of [...this.#waiters]) waiter();
    });
  }

  #nowMs(): number {
    return this.options.clock.monotonicMs();
  }
}
