import { PackageVersion } from './package-version.js';

/** An interval of versions as NuGet writes it: `1.0`, `[1.0]`, `[1.0, 2.0)`, `(, 2.0]`. */
export interface VersionRange {
  readonly min?: PackageVersion;
  readonly minInclusive: boolean;
  readonly max?: PackageVersion;
  readonly maxInclusive: boolean;
}

/** @returns `undefined` when `text` is no interval; an empty text, null or `*` is "any version" */
export function parseVersionRange(given: unknown): VersionRange | undefined {
  if (given === undefined || given === null) return anyVersion;
  if (typeof given !== 'string') return undefined;
  const text = given.trim();
  if (text === '' || text === '*' || text === '(, )' || text === '(,)') return anyVersion;
  const first = text[0];
  if (first !== '[' && first !== '(') {
    const min = PackageVersion.tryParse(text);
    return min && { min, minInclusive: true, maxInclusive: false };
  }
  const last = text.at(-1);
  if (last !== ']' && last !== ')') return undefined;
  const bounds = text.slice(1, -1).split(',');
  if (bounds.length > 2) return undefined;
  const [minText = '', maxText = minText] = bounds.map((bound) => bound.trim());
  const min = minText === '' ? undefined : PackageVersion.tryParse(minText);
  const max = maxText === '' ? undefined : PackageVersion.tryParse(maxText);
  if ((minText !== '' && !min) || (maxText !== '' && !max)) return undefined;
  if (bounds.length === 1 && (!min || first !== '[' || last !== ']')) return undefined;
  return { ...(min && { min }), minInclusive: first === '[', ...(max && { max }), maxInclusive: last === ']' };
}

const anyVersion: VersionRange = { minInclusive: false, maxInclusive: false };

/** Whether a bound is SemVer2: that makes the depending package one too (NuGetGallery `IsSemVer2`). */
export function hasSemVer2Bound(range: VersionRange): boolean {
  return (range.min?.isSemVer2 ?? false) || (range.max?.isSemVer2 ?? false);
}

/** The interval in NuGet's own normal form (`VersionRangeFormatter`), so that equal ones are equal text: `[1.0.0, 2.0.0)`. */
export function formatVersionRange({ min, minInclusive, max, maxInclusive }: VersionRange): string {
  return `${minInclusive ? '[' : '('}${min?.normalized ?? ''}, ${max?.normalized ?? ''}${maxInclusive ? ']' : ')'}`;
}

/** Whether no version can lie in it: NuGet refuses to read such an interval. */
export function isEmptyRange({ min, minInclusive, max, maxInclusive }: VersionRange): boolean {
  if (min === undefined || max === undefined) return false;
  const order = PackageVersion.compare(min, max);
  return order > 0 || (order === 0 && !(minInclusive && maxInclusive));
}
