import { usedKey, generationIn, under } from '../keys.js';
import type { Database, Write } from './database.js';
import type { Generation } from './generation.js';
import type { Generations } from './generations.js';

const maxMarks = 500_000;
const maxSavedPerGeneration = 65_536;

/**
 * Which stored copies were used since they were written, the latest last. Using one writes nothing: the marks are in memory, and are
 * saved now and then in one row per generation, so that a restart forgets only the latest.
 */
export class UsedPackages {
  /** By number of the generation: bytes by record. Apart, so that nobody has to go through all of them for one generation. */
  readonly #marks = new Map<number, Map<number, number>>();
  #count = 0;
  /** Numbers of the generations whose marks changed since they were saved. */
  readonly #unsaved = new Set<number>();
  readonly #generations: Generations;

  constructor(generations: Generations) {
    this.#generations = generations;
  }

  mark(record: number, bytes: number): void {
    const generation = this.#generations.of(record);
    if (generation === undefined) return;
    this.#delete(generation.number, record);
    this.#set(generation.number, record, bytes);
    if (this.#count > maxMarks) this.#dropOne();
  }

  has(record: number): boolean {
    const generation = this.#generations.of(record);
    return generation !== undefined && this.#marks.get(generation.number)?.has(record) === true;
  }

  unmark(record: number): void {
    const generation = this.#generations.of(record);
    if (generation !== undefined) this.#delete(generation.number, record);
  }

  /** Records of a generation, the latest used first, that together have up to `maxBytes`. */
  latest({ number }: Generation, maxBytes: number): Set<number> {
    const chosen = new Set<number>();
    let bytes = 0;
    const marks = this.#marks.get(number);
    for (const record of [...(marks?.keys() ?? [])].reverse()) {
      const size = marks?.get(record) ?? 0;
      if (bytes + size > maxBytes) break;
      bytes += size;
      chosen.add(record);
    }
    return chosen;
  }

  async load(meta: Database<string>): Promise<void> {
    for await (const [key, value] of meta.entries(under('used'))) {
      const generation = generationIn(key);
      if (!this.#generations.all.some(({ number }) => number === generation)) {
        await meta.batch([{ type: 'del', key }]);
        continue;
      }
      const numbers = JSON.parse(value.toString()) as number[];
      for (let at = 0; at + 1 < numbers.length; at += 2) this.#set(generation, numbers[at]!, numbers[at + 1]!);
      this.#unsaved.delete(generation);
    }
  }

  async save(meta: Database<string>): Promise<void> {
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    try {
      for (const number of unsaved) {
        const isThere = this.#generations.all.some((one) => one.number === number);
        if (!isThere) this.#forget(number);
        const numbers: number[] = [];
        for (const [record, bytes] of this.#marks.get(number) ?? []) numbers.push(record, bytes);
        const write: Write<string> =
          numbers.length === 0
            ? { type: 'del', key: usedKey(number) }
            : {
                type: 'put',
                key: usedKey(number),
                value: Buffer.from(JSON.stringify(numbers.slice(-2 * maxSavedPerGeneration))),
              };
        await meta.batch([write]);
      }
    } catch (error) {
      for (const number of unsaved) this.#unsaved.add(number);
      throw error;
    }
  }

  #set(generation: number, record: number, bytes: number): void {
    let marks = this.#marks.get(generation);
    if (marks === undefined) this.#marks.set(generation, (marks = new Map<number, number>()));
    marks.set(record, bytes);
    this.#count++;
    this.#unsaved.add(generation);
  }

  #delete(generation: number, record: number): void {
    if (this.#marks.get(generation)?.delete(record) !== true) return;
    this.#count--;
    this.#unsaved.add(generation);
  }

  #forget(generation: number): void {
    this.#count -= this.#marks.get(generation)?.size ?? 0;
    this.#marks.delete(generation);
  }

  /** The one used longest ago where most are remembered. */
  #dropOne(): void {
    let most: [generation: number, marks: ReadonlyMap<number, number>] | undefined;
    for (const each of this.#marks) if (each[1].size > (most?.[1].size ?? 0)) most = each;
    const [record] = most?.[1].keys() ?? [];
    if (most !== undefined && record !== undefined) this.#delete(most[0], record);
  }
}
