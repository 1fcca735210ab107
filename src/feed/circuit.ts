import type { Reason } from './answer.js';

/**
 * - `closed`: the source is asked
 * - `open`: it is not, but for probes
 * - `trial`: a probe was answered; the source is asked, and the next failure opens the circuit again
 */
export type CircuitState = 'closed' | 'open' | 'trial';

/** So many failures in a row to connect or to get an answer in time say that the source is away. */
const silencesUntilOpen = 2;
/** So many different questions in a row that met a server error do: one broken document is no outage. */
const brokenQuestionsUntilOpen = 3;

/** Decides from a source's answers whether it is away as a whole. */
export class Circuit {
  #state: CircuitState = 'closed';
  #silences = 0;
  readonly #broken = new Set<string>();
  #lastGoodAtMs = Number.NEGATIVE_INFINITY;
  #lastReason: Reason | undefined;

  get state(): CircuitState {
    return this.#state;
  }

  /** What was seen last; `undefined` while nothing has failed since the last good answer. */
  get lastReason(): Reason | undefined {
    return this.#lastReason;
  }

  /** When the last usable answer came, by the clock of `good`. */
  get lastGoodAtMs(): number {
    return this.#lastGoodAtMs;
  }

  /** A usable answer. @returns whether it closed the circuit */
  good(nowMs: number): boolean {
    const wasAway = this.#state === 'open';
    this.#state = 'closed';
    this.#lastGoodAtMs = nowMs;
    this.#silences = 0;
    this.#broken.clear();
    this.#lastReason = undefined;
    return wasAway;
  }

  /**
   * A failure.
   * @param question what was asked: the same text for the same question
   * @param beganAtMs when it was asked, by the same clock as `good`
   * @returns whether it opened the circuit
   */
  failed(reason: Reason, question: string, beganAtMs: number): boolean {
    if (!saysSomething(reason)) return false;
    this.#lastReason = reason;
    if (this.#state === 'open') return false;
    const isBroken = reason.code === 'source-failed';
    if (!isBroken) this.#silences++;
    this.#broken.add(question);
    const isCertain = reason.unconnected === true && this.#lastGoodAtMs <= beganAtMs;
    const opens =
      this.#state === 'trial' ||
      isCertain ||
      (isBroken ? this.#broken.size >= brokenQuestionsUntilOpen : this.#silences >= silencesUntilOpen);
    if (opens) this.#state = 'open';
    return opens;
  }

  /** A probe got an answer, of whatever kind. @returns whether that let questions pass again */
  probed(): boolean {
    if (this.#state !== 'open') return false;
    this.#state = 'trial';
    return true;
  }
}

/** A source that asks to be asked less is there, and what we could not do ourselves says nothing of it. */
function saysSomething({ code, throttled }: Reason): boolean {
  return !throttled && (code === 'source-unreachable' || code === 'source-timeout' || code === 'source-failed');
}
