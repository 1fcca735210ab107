import type { Logger } from '../../ops/log.js';

export interface Remark {
  /** Path below the folder. */
  readonly file: string;
  /** What is to be told of it. */
  readonly text: string;
  /** More for the log. */
  readonly about?: Readonly<Record<string, string>>;
}

/** Tells what is odd about a folder: each oddity once, and again when it comes back after it was gone. */
export class Remarks {
  #told = new Set<string>();

  constructor(
    private readonly log: Logger,
    private readonly source: string,
  ) {}

  /** @param remarks all that hold now */
  tell(remarks: readonly Remark[]): void {
    const now = new Set<string>();
    for (const { file, text, about } of remarks) {
      const key = JSON.stringify([file, text, about]);
      now.add(key);
      if (!this.#told.has(key)) this.log.warn({ source: this.source, file, ...about }, text);
    }
    this.#told = now;
  }
}
