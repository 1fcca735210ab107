import type { Clock } from '../ops/clock.js';
import type { Counters } from '../ops/counters.js';
import { unfollowed } from './catalog-word.js';
import type { PrefetchCounts, PrefetchFigures } from './prefetch/prefetch-figures.js';
import type { CatalogReport } from './catalog-word.js';
import { Explainer } from './explain.js';
import type { ExplainerOptions, Question } from './explain.js';
import type { Explanation } from './explanation.js';
import { keptPackages } from './kept-packages.js';
import type { KeptPackages, Page } from './kept-packages.js';
import { knownSources } from './reader.js';
import type { Reader } from './reader.js';
import type { SourceFigures, SourceReport } from './source-figures.js';
import type { Store, StoreStats } from './store.js';

/** What anybody is told. */
export interface Presence {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly offline: boolean;
}

/** The numbers of `/api/status` and `larder stats`. */
export interface Status extends Presence, StoreStats, Counters {
  readonly prefetch: PrefetchCounts;
  /** `null`: the disk is the limit. */
  readonly maxBytes: number | null;
}

/** A source and how it is doing. `url` is without user info. */
export interface FollowedSource extends Pick<SourceReport, 'name' | 'url' | 'protocol'> {
  readonly figures: SourceFigures;
  /** Absent where it is not followed. */
  readonly catalog?: { report(): CatalogReport };
}

/** How a source is doing, and how far its catalog is followed. */
export interface SourceStatus extends SourceReport {
  readonly catalog: CatalogReport;
}

export interface InsightOptions extends Omit<ExplainerOptions, 'store'> {
  readonly version: string;
  readonly startedAtMs: number;
  readonly maxBytes: number | undefined;
  readonly store: Store;
  readonly counters: Counters;
  readonly prefetched: Pick<PrefetchFigures, 'counts'>;
  readonly clock: Clock;
  readonly sources: readonly FollowedSource[];
}

/** What a Larder tells of itself, whoever asks: the JSON API, or a command on a store that no server has open. */
export class Insight {
  readonly #explainer: Explainer;

  constructor(private readonly options: InsightOptions) {
    this.#explainer = new Explainer({ ...options, store: options.store.packages });
  }

  async status(): Promise<Status> {
    const { maxBytes, store, counters, prefetched } = this.options;
    const kept = { ...(await store.stats()), maxBytes: maxBytes ?? null };
    return { ...this.presence(), ...kept, ...counters, prefetch: prefetched.counts };
  }

  presence(): Presence {
    const { version, startedAtMs, offline, clock } = this.options;
    return { version, uptimeSeconds: Math.floor((clock.now() - startedAtMs) / 1000), offline };
  }

  sources(reader: Reader): SourceStatus[] {
    const isKnown = knownSources(this.options.feeds, reader);
    return this.options.sources
      .filter(({ name }) => isKnown(name))
      .map(({ figures, catalog, ...source }) => ({
        ...figures.report(source),
        catalog: catalog?.report() ?? unfollowed,
      }));
  }

  packages(page: Page, reader: Reader): Promise<KeptPackages> {
    const { store, feeds } = this.options;
    return keptPackages({ store: store.packages, facts: store.facts, feeds }, page, reader);
  }

  /** @returns `undefined` when there is no such feed for the reader */
  explain(question: Question, reader: Reader): Promise<Explanation | undefined> {
    return this.#explainer.explain(question, reader);
  }
}
