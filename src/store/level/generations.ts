import type { Generation } from './generation.js';
import type { LevelRow } from './package-record.js';
import { rowBytes } from './package-record.js';
import type { Extent } from './row-extent.js';

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
  under(row: Extent): ReadonlySet<Generation> {
    const found = new Set<Generation>();
    this.#eachPart(row, (generation) => generation && found.add(generation));
    return found;
  }

  /** Whether every generation with bytes of the package is here. */
  holds(row: Extent): boolean {
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
    if (this.of(row.location.record) === generation) found += rowBytes(row);
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
    this.countExtent(row, rowBytes(row), sign);
  }

  /** As `count`. @param recordBytes bytes of the package's record, without its key */
  countExtent(row: Extent, recordBytes: number, sign: 1 | -1): void {
    const add = (generation: Generation | undefined, bytes: number): void => {
      if (generation !== undefined) generation.liveBytes = Math.max(0, generation.liveBytes + sign * bytes);
    };
    this.#eachPart(row, add);
    add(this.of(row.location.record), recordBytes);
  }

  /** The generations with bytes of the package and how many, the bytes of its record itself not among them. */
  #eachPart(row: Extent, visit: (generation: Generation | undefined, bytes: number) => void): void {
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
    visit(this.of(record), entryOverheadBytes);
  }
}
