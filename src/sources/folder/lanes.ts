/**
 * Lets so many pieces of work run at once; more wait their turn. File operations hold one of the few threads that the whole process has
 * for them, and on a network mount that died they never give it back: then only these lanes stand still, and not the store too.
 */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param within lanes shared with others, of which one is held beside each of ours */
  constructor(
    count: number,
    private readonly within?: Lanes,
  ) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await (this.within ? this.within.run(work) : work());
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
