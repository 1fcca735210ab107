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
  /** Bytes by record. */
  readonly #marks = new Map<number, number>();
  /** Numbers of the generations whose marks changed since they were saved. */
  readonly #unsaved = new Set<number>();
  readonly #generations: Generations;

  constructor(generations: Generations) {
    this.#generations = generations;
  }

  mark(record: number, bytes: number): void {
    this.#marks.delete(record);
    this.#marks.set(record, bytes);
    this.#touch(record);
    if (this.#marks.size <= maxMarks) return;
    const [oldest] = this.#marks.keys();
    if (oldest !== undefined) this.unmark(oldest);
  }

  has(record: number): boolean {
    return this.#marks.has(record);
  }

  unmark(record: number): void {
    if (this.#marks.delete(record)) this.#touch(record);
  }

  /** Records of a generation, the latest used first, that together have up to `maxBytes`. */
  latest(generation: Generation, maxBytes: number): Set<number> {
    const chosen = new Set<number>();
    let bytes = 0;
    for (const [record, size] of this.#of(generation).reverse()) {
      if (bytes + size > maxBytes) break;
      bytes += size;
      chosen.add(record);
    }
    return chosen;
  }

  async load(meta: Database<string>): Promise<void> {
    for await (const [key, value] of meta.entries(under('used'))) {
      if (!this.#generations.all.some(({ number }) => number === generationIn(key))) {
        await meta.batch([{ type: 'del', key }]);
        continue;
      }
      const numbers = JSON.parse(value.toString()) as number[];
      for (let at = 0; at + 1 < numbers.length; at += 2) this.#marks.set(numbers[at]!, numbers[at + 1]!);
    }
  }

  async save(meta: Database<string>): Promise<void> {
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    try {
      for (const number of unsaved) {
        const generation = this.#generations.all.find((one) => one.number === number);
        const marks = generation === undefined ? [] : this.#of(generation).slice(-maxSavedPerGeneration);
        const write: Write<string> =
          marks.length === 0
            ? { type: 'del', key: usedKey(number) }
            : { type: 'put', key: usedKey(number), value: Buffer.from(JSON.stringify(marks.flat())) };
        await meta.batch([write]);
      }
    } catch (error) {
      for (const number of unsaved) this.#unsaved.add(number);
      throw error;
    }
  }

  #touch(record: number): void {
    const number = this.#generations.of(record)?.number;
    if (number !== undefined) this.#unsaved.add(number);
  }

  #of(generation: Generation): [record: number, bytes: number][] {
    const found: [record: number, bytes: number][] = [];
    for (const [record, bytes] of this.#marks) if (generation.holds(record)) found.push([record, bytes]);
    return found;
  }
}
