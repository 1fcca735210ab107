import type { FactKind } from './store.js';

/** How far a verification has come. Totals are those of its beginning. */
export interface VerifyProgress {
  readonly event: 'progress';
  readonly checkedPackages: number;
  readonly totalPackages: number;
  readonly checkedBytes: number;
  readonly totalBytes: number;
}

/** A kept package that is not what was admitted. */
export interface DamagedPackage {
  readonly event: 'package';
  readonly id: string;
  readonly version: string;
  /** The source that supplied it. */
  readonly source: string;
  readonly sha512: string;
  /** `unreadable`: the store could not read it, whatever its bytes are. */
  readonly kind: 'damaged' | 'unreadable';
  /** What is wrong, in words. */
  readonly what: string;
  /** `found`: left as it is, without repair or because it is unreadable; else whether the source gave the very same bytes again. */
  readonly outcome: 'found' | 'healed' | 'lost';
  /** Why it was lost, or left as it is in spite of repair, in words. */
  readonly why?: string;
}

/** A kept fact that cannot be read or does not say what such a fact says. */
export interface DamagedFact {
  readonly event: 'fact';
  readonly source: string;
  readonly kind: FactKind;
  /** An id, lower case; empty for what concerns the source as a whole. */
  readonly name: string;
  readonly what: string;
  /** `dropped`: the source is asked again when it is next needed. */
  readonly outcome: 'found' | 'dropped';
}

export type VerifyEvent = VerifyProgress | DamagedPackage | DamagedFact;

export interface VerifyReport {
  /** Packages read. */
  readonly packages: number;
  /** Bytes read. */
  readonly bytes: number;
  /** All that were damaged, whatever became of them. */
  readonly damaged: readonly DamagedPackage[];
  /** How many of them are whole again. */
  readonly healed: number;
  /** Those that could not be had again. */
  readonly lost: readonly DamagedPackage[];
  readonly facts: { readonly checked: number; readonly damaged: readonly DamagedFact[]; readonly dropped: number };
  readonly seconds: number;
}

/** Whether nothing is damaged now: none was, or all was repaired. */
export function isSound({ damaged, healed, facts }: VerifyReport): boolean {
  return damaged.length === healed && facts.damaged.length === facts.dropped;
}
