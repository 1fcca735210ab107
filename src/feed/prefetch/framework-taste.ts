import { LRUCache } from 'lru-cache';

import type { WrittenDependency, WrittenDependencyGroup } from '../../nuget/leaf-dependencies.js';
import type { PackageId } from '../../nuget/package-id.js';
import { readTargetFramework } from '../../nuget/target-framework.js';
import type { FrameworkFamily, TargetFramework } from '../../nuget/target-framework.js';
import type { Clock } from '../../ops/clock.js';

type ReadGroup = TargetFramework & Pick<WrittenDependencyGroup, 'dependencies'>;

const maxLeftRemembered = 5_000;
/** So many ids that only an older framework needs tell that a client restores for it. */
const idsUntilWanted = 2;
/** How long that is believed, in milliseconds. */
const wantedForMs = 600_000;

/**
 * For which frameworks dependencies are thought ahead. A request does not tell for which it is made: a current .NET is assumed, and an
 * older family is followed too while clients ask for what only it needs. All groups at once would double what is fetched.
 */
export class FrameworkTaste {
  /** Ids that a group which was not followed would have brought. */
  readonly #left = new LRUCache<string, FrameworkFamily>({ max: maxLeftRemembered });
  readonly #signs = new Map<FrameworkFamily, { ids: Set<string>; atMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** A client asks for an id that was not foreseen. */
  asked({ key }: PackageId): void {
    const family = this.#left.get(key);
    if (family === undefined) return;
    const signs = this.#isRecent(family) ? this.#signs.get(family) : undefined;
    const ids = signs?.ids ?? new Set<string>();
    if (ids.size < idsUntilWanted) ids.add(key);
    this.#signs.set(family, { ids, atMs: this.clock.monotonicMs() });
  }

  /** The dependencies of the groups that clients take, as far as is known. */
  choose(groups: readonly WrittenDependencyGroup[]): WrittenDependency[] {
    const read = groups.map(({ targetFramework, dependencies }) => ({
      ...readTargetFramework(targetFramework),
      dependencies,
    }));
    const taken = new Set<ReadGroup>(nearest(read));
    for (const family of ['netcoreapp', 'netstandard', 'netframework'] as const)
      if (this.#isWanted(family)) for (const group of highest(read, family)) taken.add(group);
    const chosen = [...taken].flatMap(({ dependencies }) => dependencies);
    this.#leave(
      read.filter((group) => !taken.has(group)),
      chosen,
    );
    return chosen;
  }

  #leave(groups: readonly ReadGroup[], chosen: readonly WrittenDependency[]): void {
    if (groups.length === 0) return;
    const known = new Set(chosen.map(({ id }) => id.toLowerCase()));
    for (const { family, dependencies } of groups)
      for (const { id } of dependencies) {
        const key = id.toLowerCase();
        if (!known.has(key) && key.length <= 128) this.#left.set(key, family);
      }
  }

  #isWanted(family: FrameworkFamily): boolean {
    return this.#isRecent(family) && (this.#signs.get(family)?.ids.size ?? 0) >= idsUntilWanted;
  }

  #isRecent(family: FrameworkFamily): boolean {
    const atMs = this.#signs.get(family)?.atMs;
    return atMs !== undefined && this.clock.monotonicMs() - atMs < wantedForMs;
  }
}

/** What a current .NET takes: any of its own versions, for it is not known which; else the nearest below. */
function nearest(groups: readonly ReadGroup[]): readonly ReadGroup[] {
  for (const family of ['net', 'netcoreapp', 'netstandard', 'any'] as const) {
    const found = family === 'net' ? groups.filter((group) => group.family === 'net') : highest(groups, family);
    if (found.length > 0) return found;
  }
  return [];
}

/** The highest of a family; of .NET Standard 2, both versions. */
function highest(groups: readonly ReadGroup[], family: FrameworkFamily): ReadGroup[] {
  const own = groups.filter((group) => group.family === family);
  const top = Math.max(...own.map(({ version }) => version));
  const least = family === 'netstandard' && top >= 2 ? 2 : top;
  return own.filter(({ version }) => version >= least);
}
