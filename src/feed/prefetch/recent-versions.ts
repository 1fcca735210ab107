import { LRUCache } from 'lru-cache';

import type { PackageIdentity } from '../../nuget/package-identity.js';
import { PackageVersion } from '../../nuget/package-version.js';
import type { Clock } from '../../ops/clock.js';
import type { Feed } from '../feed.js';

const maxIds = 10_000;
/** Requests of one restore lie no further apart, in milliseconds. */
const restoreMs = 30_000;

/** Which version of an id was wanted last: of several that a restore meets it takes the highest, and does without the others. */
export class RecentVersions {
  readonly #highest = new LRUCache<string, { readonly version: PackageVersion; readonly atMs: number }>({
    max: maxIds,
  });

  constructor(private readonly clock: Clock) {}

  note({ name }: Feed, { id, version }: PackageIdentity): void {
    const known = this.#of(name, id.key);
    const highest = known && PackageVersion.compare(known, version) > 0 ? known : version;
    this.#highest.set(`${name}/${id.key}`, { version: highest, atMs: this.clock.monotonicMs() });
  }

  /** Whether a higher version was wanted a moment ago. */
  isEclipsed({ name }: Feed, { id, version }: PackageIdentity): boolean {
    const known = this.#of(name, id.key);
    return known !== undefined && PackageVersion.compare(known, version) > 0;
  }

  #of(feed: string, id: string): PackageVersion | undefined {
    const known = this.#highest.get(`${feed}/${id}`);
    return known && this.clock.monotonicMs() - known.atMs < restoreMs ? known.version : undefined;
  }
}
