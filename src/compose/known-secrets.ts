/** Secrets that took the place of others: those of the last days, however often they are replaced. */
const replacedRemembered = 200;

/** What is struck out of the log: the configured secrets, and those that their files held since. */
export class KnownSecrets {
  readonly #configured: readonly string[];
  #replaced: readonly string[] = [];
  #all: readonly string[];

  constructor(configured: readonly string[]) {
    this.#configured = configured;
    this.#all = configured;
  }

  get all(): readonly string[] {
    return this.#all;
  }

  /** Before they are used. */
  add(secrets: readonly string[]): void {
    this.#replaced = [...this.#replaced, ...secrets].slice(-replacedRemembered);
    this.#all = [...this.#configured, ...this.#replaced];
  }
}
