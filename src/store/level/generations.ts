import type { Generation } from './generation.js';
import type { LevelRow } from './package-record.js';
import { rowBytes } from './package-record.js';

/** What LevelDB adds to an entry, about: its key, lengths, and a share of the table's index. */
export const entryOverheadBytes = 32;

/** The generations there are, in order of their counters. The last one takes what is appended. */
export class Generations {
  readonly #all: Generation[];
  #goingBytes = 0;

  constructor(all: readonly Generation[]) {
    this.#all = [...all];
  }

  get all(): readonly Generation[] {
    return this.#all;
  }

  get newest(): Generation {
    const newest = this.#all.at(-1);
    if (newest === undefined) throw new Error('a blob log without generations');
    return newest;
  }

  /** What they take on disk, about, with those that are just being removed from it. */
  get bytes(): number {
    return this.#all.reduce((sum, { bytes }) => sum + bytes, this.#goingBytes);
  }

  get deadBytes(): number {
    return this.#all.reduce((sum, { deadBytes }) => sum + deadBytes, 0);
  }

  of(counter: number): Generation | undefined {
    let [low, high] = [0, this.#all.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const generation = this.#all[middle]!;
      if (counter < generation.first) high = middle - 1;
      else if (counter >= generation.end) low = middle + 1;
      else return generation;
    }
    return undefined;
  }

  /** Those with bytes of the package, its record's included. */
  under(row: LevelRow): ReadonlySet<Generation> {
    const found = new Set<Generation>();
    this.#eachPart(row, (generation) => generation && found.add(generation));
    return found;
  }

  /** Whether every generation with bytes of the package is here. */
  holds(row: LevelRow): boolean {
    let holdsAll = true;
    this.#eachPart(row, (generation) => (holdsAll &&= generation !== undefined));
    return holdsAll;
  }

  /** Bytes of the package that lie in a generation. */
  bytesIn(generation: Generation, row: LevelRow): number {
    let found = 0;
    this.#eachPart(row, (one, bytes) => {
      if (one === generation) found += bytes;
    });
    return found;
  }

  add(generation: Generation): void {
    this.#all.push(generation);
  }

  /** Takes one out and removes it from the disk. Its bytes count until they are free. */
  async discard(generation: Generation): Promise<void> {
    const at = this.#all.indexOf(generation);
    if (at >= 0) this.#all.splice(at, 1);
    const { bytes } = generation;
    this.#goingBytes += bytes;
    try {
      await generation.discard();
    } finally {
      this.#goingBytes -= bytes;
    }
  }

  /** Counts the bytes of a package as living, or with `sign` -1 as dead. */
  count(row: LevelRow, sign: 1 | -1): void {
    this.#eachPart(row, (generation, bytes) => {
      if (generation !== undefined) generation.liveBytes = Math.max(0, generation.liveBytes + sign * bytes);
    });
  }

  #eachPart(row: LevelRow, visit: (generation: Generation | undefined, bytes: number) => void): void {
    const { runs, record } = row.location;
    let left = row.size;
    for (let at = 0; at + 1 < runs.length; at += 2) {
      const until = runs[at]! + runs[at + 1]!;
      for (let counter = runs[at]!; counter < until;) {
        const generation = this.of(counter);
        const next = Math.min(until, generation?.end ?? counter + 1);
        const bytes = Math.min(left, (next - counter) * row.location.chunkBytes);
        left -= bytes;
        visit(generation, bytes + (next - counter) * entryOverheadBytes);
        counter = next;
      }
    }
    visit(this.of(record), rowBytes(row) + entryOverheadBytes);
  }
}
