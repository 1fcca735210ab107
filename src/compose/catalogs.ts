import type { Config } from '../config/schema.js';
import { CatalogFollow } from '../feed/catalog-follow.js';
import type { CatalogFollowOptions } from '../feed/catalog-follow.js';
import type { ReadThrough } from '../feed/read-through.js';
import type { Source } from '../feed/source.js';

/** The sources whose catalogs are to be followed, where they have one. */
export class Catalogs {
  readonly #follows: ReadonlyMap<string, CatalogFollow>;

  /** @param sources as they were created: a catalog's failures say nothing of whether packages can be had */
  constructor(
    { offline, freshness }: Pick<Config, 'offline' | 'freshness'>,
    sources: readonly Source[],
    options: Omit<CatalogFollowOptions, 'source'>,
  ) {
    const isOff = offline || freshness.catalog === 'off';
    const able = isOff ? [] : sources.filter((source) => source.catalog !== undefined);
    this.#follows = new Map(able.map((source) => [source.name, new CatalogFollow({ ...options, source })]));
  }

  /** For those who take it as an option. */
  of(source: string): { readonly catalog?: CatalogFollow } {
    const catalog = this.#follows.get(source);
    return catalog ? { catalog } : {};
  }

  /** In the background. */
  begin(readers: ReadonlyMap<string, ReadThrough>): void {
    for (const [name, follow] of this.#follows) {
      const reader = readers.get(name);
      if (reader) void follow.begin(reader);
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#follows.values()].map((follow) => follow.close()));
  }
}
