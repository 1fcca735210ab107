import type { Fact } from './store.js';

/** What a source's catalog says of something that the source said before. */
export interface Vouched {
  /** When the source last said so, by its catalog's silence or itself, in ms since the epoch. */
  readonly atMs: number;
  /** Until when that may be relied on, in ms since the epoch. */
  readonly untilMs: number;
}

/** Knows of each fact of one source whether it still holds, without asking for it. */
export interface CatalogWord {
  /** @returns `undefined` when nothing is known: the fact's own lifetime counts */
  vouch(fact: Fact): Vouched | undefined;
}

/**
 * - `following`: read within the last two minutes, nothing missed
 * - `behind`: being caught up with
 * - `away`: it could not be read of late
 * - `off`: not followed: the source has none, or nothing is kept of it, or the configuration says so
 */
export type CatalogState = 'following' | 'behind' | 'away' | 'off';

/** In the shape of `/api/sources`. */
export interface CatalogReport {
  readonly state: CatalogState;
  /** The newest commit that was taken in, ISO 8601. */
  readonly cursor: string | null;
  /** Since the catalog was last read. */
  readonly lagSeconds: number | null;
}

export const unfollowed: CatalogReport = { state: 'off', cursor: null, lagSeconds: null };
