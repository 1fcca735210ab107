import type { Answer } from './answer.js';
import type { Guess } from './guess.js';

/** A package is fetched before anybody asked for it. */
export interface Ahead {
  readonly guess: Guess;
  /** More is not taken in while nobody asks for it, in bytes. */
  readonly maxBytes: number;
}

/** What is different about a download that was begun before anybody asked for it: it may come to nothing because of that. */
export class GuessedDownload {
  #hasFailed = false;

  constructor(private readonly ahead: Ahead) {}

  get guess(): Guess {
    return this.ahead.guess;
  }

  /** Nobody asked for it so far. */
  get isUnwanted(): boolean {
    return !this.guess.isWanted;
  }

  /** It came to nothing: whoever wants it begins anew. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** @param bytes of the package, as far as is known */
  isTooMuch(bytes: number): boolean {
    return this.isUnwanted && bytes > this.ahead.maxBytes;
  }

  /** It is given up: told before it has ended, so that nobody joins it meanwhile. */
  giveUp(): void {
    this.#hasFailed = true;
  }

  ended({ kind }: Answer<unknown>): void {
    this.#hasFailed ||= kind === 'failed';
  }
}
