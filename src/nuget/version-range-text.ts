import { parseVersionRange } from './version-range.js';

/**
 * A range as registrations show it: `[1.0.0, )` for the nuspec's `1.0` (`VersionRangeFormatter`, format `N`, of NuGet.Versioning).
 * What is no range stays as it is written.
 *
 * @param written as in a nuspec; absent: any version
 */
export function normalizedRange(written: string | undefined): string {
  const range = parseVersionRange(written);
  if (range === undefined) return written ?? '(, )';
  const { min, minInclusive, max, maxInclusive } = range;
  const open = min && minInclusive ? '[' : '(';
  const close = max && maxInclusive ? ']' : ')';
  if (min && max && minInclusive && maxInclusive && min.equals(max)) return `[${min.normalized}]`;
  return `${open}${min?.normalized ?? ''}, ${max?.normalized ?? ''}${close}`;
}
