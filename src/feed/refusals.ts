import { LRUCache } from 'lru-cache';

import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Answer, ReasonCode } from './answer.js';

/** A download that came to nothing, and why. */
export interface Refusal {
  /** Normalized. */
  readonly version: string;
  readonly source: string;
  readonly code: ReasonCode;
  readonly detail: string;
  readonly atMs: number;
}

const maxIdentities = 1000;
const maxPerIdentity = 8;

/** The latest refusal of each package by each source, in memory, for the packages it last happened to. */
export class Refusals {
  readonly #byIdentity = new LRUCache<string, readonly Refusal[]>({ max: maxIdentities });

  /** Notes how a download ended. A good end wipes out what was noted on that package and source. */
  note(identity: PackageIdentity, source: string, outcome: Answer<unknown>, atMs: number): void {
    const others = (this.#byIdentity.get(identity.key) ?? []).filter((refusal) => refusal.source !== source);
    const noted =
      outcome.kind === 'refused' || outcome.kind === 'failed'
        ? [toRefusal(identity, source, outcome.reason, atMs), ...others].slice(0, maxPerIdentity)
        : others;
    if (noted.length > 0) this.#byIdentity.set(identity.key, noted);
    else this.#byIdentity.delete(identity.key);
  }

  /** Of one package, the latest first. */
  of(identity: PackageIdentity): readonly Refusal[] {
    return this.#byIdentity.peek(identity.key) ?? [];
  }

  /** Of all versions of an id, the latest first. */
  ofId(id: PackageId): readonly Refusal[] {
    return [...this.#byIdentity.entries()]
      .filter(([key]) => key.startsWith(`${id.key}/`))
      .flatMap(([, refusals]) => refusals)
      .sort((a, b) => b.atMs - a.atMs);
  }
}

function toRefusal(
  { version }: PackageIdentity,
  source: string,
  { code, detail }: { readonly code: ReasonCode; readonly detail: string },
  atMs: number,
): Refusal {
  return { version: version.normalized, source, code, detail, atMs };
}
