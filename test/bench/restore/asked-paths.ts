import type { WorldSource } from '../world/world.js';

/** What a source is asked for while something is measured. */
export class AskedPaths {
  readonly #all: ReadonlySet<string>[] = [];

  constructor(private readonly source: WorldSource) {}

  /** For each time, in order. */
  get all(): readonly ReadonlySet<string>[] {
    return this.#all;
  }

  /** @returns the same measurement, noting what is asked meanwhile */
  during(measure: () => Promise<number>): () => Promise<number> {
    return async () => {
      await this.source.asked();
      const ms = await measure();
      this.#all.push(new Set((await this.source.asked()).paths));
      return ms;
    };
  }
}
