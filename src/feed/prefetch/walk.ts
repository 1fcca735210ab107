import type { Clock } from '../../ops/clock.js';
import type { Feed } from '../feed.js';
import { Guess } from '../guess.js';

/** Levels of dependencies below what a client asked for. */
const maxDepth = 12;
/** What one request of a client may set going, lists and packages together. */
const maxGuesses = 400;
/** What has not begun so long after the client's request is not begun any more, in milliseconds. */
const patienceMs = 30_000;

/** What is thought ahead from one request of a client: so much and no more. */
export class Walk {
  readonly #guesses = new Set<Guess>();
  readonly #forget: () => void;
  #left = maxGuesses;
  #isOver = false;
  #running = 0;

  constructor(
    readonly feed: Feed,
    clock: Clock,
    private readonly onOver: () => void,
  ) {
    this.#forget = clock.later(patienceMs, () => this.end());
  }

  /** Whether it goes on at this depth. */
  goesTo(depth: number): boolean {
    return !this.#isOver && depth <= maxDepth && this.#left > 0;
  }

  /** The urgency of something to fetch; `undefined` when it is enough. */
  newGuess(): Guess | undefined {
    if (this.#isOver || this.#left === 0) return undefined;
    this.#left--;
    const guess = new Guess();
    this.#guesses.add(guess);
    return guess;
  }

  done(guess: Guess): void {
    this.#guesses.delete(guess);
  }

  /** Counts as going on until `work` has ended. */
  async during(work: () => Promise<void>): Promise<void> {
    this.#running++;
    try {
      await work();
    } finally {
      if (--this.#running === 0) this.end();
    }
  }

  /** Nothing more is begun. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    for (const guess of this.#guesses) guess.giveUp();
    this.onOver();
  }
}
