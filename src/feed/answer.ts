/** Why something could not be had. The words are stable: they reach clients as `code` and are listed in docs/errors.md. */
export type ReasonCode =
  /** No connection: refused, reset, name not found, TLS failure. */
  | 'source-unreachable'
  /** The source accepted and then said nothing in time. */
  | 'source-timeout'
  /** The source answered with a server error. */
  | 'source-failed'
  /** The source answered and its answer cannot be used: credentials refused, not JSON, another document. */
  | 'source-refused'
  /** A package's bytes did not pass admission. */
  | 'package-rejected'
  /** An id and version is pinned to the bytes that first came, and this source has others. */
  | 'version-conflict'
  /** The copy kept here proved damaged, and the sources have the package no more. */
  | 'damaged-copy'
  /** The source publishes a hash for the package, and it could not be had. */
  | 'evidence-unavailable'
  /** A document or package passes the configured limit. */
  | 'too-large'
  /** Offline, and nothing is kept here. */
  | 'offline-miss'
  /** Too much waits here already. */
  | 'overloaded'
  /** Our own store could not read or write. */
  | 'store-failed';

export interface Reason {
  readonly code: ReasonCode;
  /** One sentence for a person, without secrets. */
  readonly detail: string;
  /** The source that it concerns, by name. */
  readonly source?: string;
  /** What the source asked us to wait, where it did. */
  readonly retryAfterMs?: number;
  /** The source wants credentials that we do not have, or refuses those that we have. */
  readonly unauthorized?: true;
  /** No connection to the source's own host: what holds for this question holds for all. */
  readonly unconnected?: true;
  /** The source answers, and asks to be asked less. */
  readonly throttled?: true;
}

/**
 * What came of asking. A closed union, so that a failure cannot be mistaken for an absence:
 * - `found`
 * - `missing`: the one asked said itself that there is no such thing
 * - `refused`: there is an answer, and it must not be used
 * - `failed`: there is no answer
 */
export type Answer<T> = Found<T> | Missing | Refused | Failed;
export interface Found<T> {
  readonly kind: 'found';
  readonly value: T;
}
export interface Missing {
  readonly kind: 'missing';
}
export interface Refused {
  readonly kind: 'refused';
  readonly reason: Reason;
}
export interface Failed {
  readonly kind: 'failed';
  readonly reason: Reason;
}

export const found = <T>(value: T): Found<T> => ({ kind: 'found', value });
export const missing: Missing = { kind: 'missing' };
export const refused = (reason: Reason): Refused => ({ kind: 'refused', reason });
export const failed = (reason: Reason): Failed => ({ kind: 'failed', reason });
