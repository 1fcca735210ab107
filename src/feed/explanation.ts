import type { ReasonCode } from './answer.js';
import type { Evidence } from './store.js';
import type { PublishedBy } from '../nuget/version-conflicts.js';

/* The shape of `/api/explain` and of `larder explain --json`. Times are ISO 8601, hashes base64. */

export interface Explanation {
  readonly id: string;
  /** Normalized; absent when all versions are asked about. */
  readonly version?: string;
  readonly feed: string;
  /** Whether a client that asks now is given it. */
  readonly served: boolean;
  /** Why, in a sentence. */
  readonly because: string;
  /** The feed's sources in order of precedence, then all others. */
  readonly sources: readonly SourceWord[];
  /** All versions there are to be had, ascending, where all are asked about. */
  readonly versions?: readonly ExplainedVersion[];
  /** The source that the version comes from; absent when none has it. */
  readonly owner?: string;
  /** Whether the package is kept here. */
  readonly cached?: boolean;
  readonly cachedAt?: string;
  /** By what the kept package was admitted; absent where that was not recorded. */
  readonly evidence?: readonly Evidence[];
  readonly listed?: boolean;
  /** Of the kept package, else as its owner publishes it. */
  readonly sha512?: string;
  /** The package is kept here, and its source has it no more. */
  readonly goneFromSource?: boolean;
  readonly conflicts: readonly ExplainedConflict[];
  /** Downloads that came to nothing since the start, the latest first. */
  readonly refusals: readonly ExplainedRefusal[];
  /** A kept copy of the version proved damaged since the start and was forgotten. */
  readonly damage?: ExplainedDamage;
  readonly verdict: { readonly allow: boolean; readonly rule?: string; readonly reason?: string };
}

export interface SourceWord {
  readonly name: string;
  /** Whether this feed may ask it for the id. */
  readonly eligible: boolean;
  /** Which rule decided that. */
  readonly reason: string;
  readonly state: 'found' | 'missing' | 'refused' | 'failed' | 'notAsked';
  /** When the source last said what is told here. */
  readonly checkedAt: string | null;
  readonly detail: string;
  /** What it lists, ascending. */
  readonly versions?: readonly string[];
}

export interface ExplainedVersion {
  readonly version: string;
  readonly owner: string;
  readonly cached: boolean;
  /** `null` while no registration of the owner's is kept here. */
  readonly listed: boolean | null;
  readonly sha512?: string;
}

export interface ExplainedConflict extends PublishedBy {
  readonly version: string;
}

export interface ExplainedDamage extends PublishedBy {
  readonly at: string;
  /** When good bytes came in their place. */
  readonly healedAt?: string;
}

export interface ExplainedRefusal {
  readonly version: string;
  readonly source: string;
  readonly code: ReasonCode;
  readonly detail: string;
  readonly at: string;
}
