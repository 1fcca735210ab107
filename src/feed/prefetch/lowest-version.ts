import { PackageVersion } from '../../nuget/package-version.js';
import { compareVersionKeys } from '../../nuget/version-order.js';
import type { VersionRange } from '../../nuget/version-range.js';

/**
 * The version that a restore takes for a dependency: the lowest in the range; a prerelease only where the range begins with one
 * (`FindBestMatch` of NuGet.Versioning).
 *
 * @param versions keys, ascending
 */
export function lowestVersion(versions: readonly string[], range: VersionRange): PackageVersion | undefined {
  const { min, minInclusive, max, maxInclusive } = range;
  const takesPrereleases = min?.isPrerelease ?? false;
  for (let at = min ? firstFrom(versions, min.key) : 0; at < versions.length; at++) {
    const key = versions[at] ?? '';
    if (!minInclusive && key === min?.key) continue;
    if (max) {
      const order = compareVersionKeys(key, max.key);
      if (order > 0 || (order === 0 && !maxInclusive)) return undefined;
    }
    if (takesPrereleases || !key.includes('-')) return PackageVersion.tryParse(key);
  }
  return undefined;
}

/** Place of the first that is not below `key`. */
function firstFrom(versions: readonly string[], key: string): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareVersionKeys(versions[middle] ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
