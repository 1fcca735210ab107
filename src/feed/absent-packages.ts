import { LRUCache } from 'lru-cache';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';

const maxIds = 10_000;

/**
 * Packages for which one source itself said "there is no such thing", whatever its lists say. Remembered for a while, so that a version
 * whose package cannot be had is not listed. A failure is never noted here.
 */
export class AbsentPackages {
  /** By id key: version key → until when, in ms since the epoch. */
  readonly #ids = new LRUCache<string, Map<string, number>>({ max: maxIds });

  constructor(
    private readonly clock: Clock,
    private readonly lifetimeMs: number,
  ) {}

  note({ id, version }: PackageIdentity): void {
    const versions = this.#ids.get(id.key) ?? new Map<string, number>();
    versions.set(version.key, this.clock.now() + this.lifetimeMs);
    this.#ids.set(id.key, versions);
  }

  /** Until when what is said of an id with regard to this may be relied on, in ms since the epoch. */
  freshUntilMs(id: PackageId): number {
    return Math.min(...(this.#ids.get(id.key)?.values() ?? []));
  }

  /** Keys of the versions whose packages the source does not have. */
  of(id: PackageId): ReadonlySet<string> {
    const versions = this.#ids.get(id.key);
    if (!versions) return nothing;
    for (const [version, untilMs] of versions) if (untilMs <= this.clock.now()) versions.delete(version);
    return new Set(versions.keys());
  }
}

const nothing: ReadonlySet<string> = new Set();
