import { Coalesce } from './coalesce.js';
import type { FactRefresh } from './fact-refresh.js';
import { placeOf } from './fact-shape.js';
import type { FactShape, Subject } from './fact-shape.js';
import type { Guess } from './guess.js';
import type { Fact, FactKey } from './store.js';
import type { Told } from './told.js';

/** The refreshes of one source under way: one per document however many wait. */
export class Refreshes {
  readonly #underWay = new Coalesce<Told>();
  /** Of those that were begun before anybody asked. */
  readonly #guesses = new Map<string, Guess>();

  constructor(private readonly refresh: FactRefresh) {}

  /** Joins the refresh of a document, or begins one. Whoever waits for one that was only a guess and failed begins anew. */
  join<T, S extends Subject>(shape: FactShape<T, S>, id: S, key: FactKey, fact: Fact | undefined): Promise<Told> {
    const place = placeOf(key);
    const guess = this.#guesses.get(place);
    const told = this.#underWay.run(place, () => this.refresh.run(shape, id, key, fact));
    if (!guess) return told;
    guess.want();
    // It may have failed because it was only a guess.
    return told.then((one) => (one.answer.kind === 'failed' ? this.join(shape, id, key, fact) : one));
  }

  /** Begins one before anybody asks, unless one is under way. */
  ahead<T, S extends Subject>(
    shape: FactShape<T, S>,
    id: S,
    key: FactKey,
    fact: Fact | undefined,
    guess: Guess,
  ): Promise<Told> {
    const place = placeOf(key);
    return this.#underWay.run(place, () => {
      this.#guesses.set(place, guess);
      return this.refresh.run(shape, id, key, fact, guess).finally(() => this.#guesses.delete(place));
    });
  }
}
