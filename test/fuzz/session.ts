import { mutate } from './mutate.js';
import type { MutationSource } from './mutate.js';
import { Random } from './random.js';
import type { Outcome, Target } from './target.js';

const defaultMaxInputBytes = 65_536;
const maxKept = 2_000;

/**
 * The inputs of one run, one after the other: the seeds as they are, then mutations. What fares as nothing before it did is kept and mutated
 * further, so that inputs work their way behind the first refusal without anybody measuring coverage.
 */
export class Session {
  readonly #pool: Buffer[];
  readonly #outcomes = new Set<Outcome>();
  readonly #from: MutationSource;
  readonly #maxBytes: number;
  #seedsLeft: number;

  /** @param corpus inputs that were once findings */
  constructor(
    private readonly target: Target,
    corpus: readonly Buffer[],
    seed: number,
  ) {
    const random = new Random(seed);
    this.#pool = [...target.seeds, ...corpus];
    this.#seedsLeft = this.#pool.length;
    this.#from = { random, pool: this.#pool, dictionary: target.dictionary ?? [] };
    this.#maxBytes = target.maxInputBytes ?? defaultMaxInputBytes;
  }

  /** Ways to fare so far. */
  get outcomes(): number {
    return this.#outcomes.size;
  }

  next(): Buffer {
    if (this.#seedsLeft > 0) return this.#pool[--this.#seedsLeft] as Buffer;
    const { random } = this.#from;
    return mutate(random.pick(this.#pool) as Buffer, this.target.shape, this.#maxBytes, this.#from);
  }

  /** Tells how an input fared. */
  fared(input: Buffer, outcome: Outcome): void {
    if (this.#outcomes.has(outcome)) return;
    this.#outcomes.add(outcome);
    if (this.#pool.length < maxKept) this.#pool.push(input);
  }
}
