import type { PackageVersion } from './package-version.js';
import type { OwnedVersion } from './version-list.js';
import { compareVersionKeys } from './version-order.js';

/** One line of a source's registration: what paging and merging need, and where the leaf's bytes lie. */
export interface RegistrationRow {
  /** The source whose registration it stands in, by name. */
  readonly source: string;
  /** Full version: normalized, case and metadata kept. */
  readonly version: string;
  /** The version's key. */
  readonly key: string;
  readonly listed: boolean;
  readonly semVer2: boolean;
  /** Place of the leaf template: part of the body, offset and length in bytes. */
  readonly part: number;
  readonly offset: number;
  readonly length: number;
  /** Base64, where the source's registration tells one. */
  readonly sha512?: string;
}

export interface SourceRegistration {
  readonly source: string;
  /** Ascending. */
  readonly rows: readonly RegistrationRow[];
}

/** A row that is shown: the owner's. Never a copy: there may be tens of thousands. */
export type OwnedRow = RegistrationRow;

/** SemVer1 shows what every client can read; SemVer2 shows all. */
export type Hive = 'semver1' | 'semver2';

/**
 * The rows of what is owned, each from its owner's registration: another source's must not describe it, since its bytes may differ.
 * `undefined` stands where the owner's registration does not have the version.
 */
export function matchRows(
  owned: readonly OwnedVersion[],
  registrations: readonly SourceRegistration[],
): (OwnedRow | undefined)[] {
  const places = new Map(registrations.map(({ source, rows }) => [source, { rows, next: 0 }]));
  return owned.map(({ version, source }) => {
    const place = places.get(source);
    if (!place) return undefined;
    for (; place.next < place.rows.length; place.next++) {
      const row = place.rows[place.next] as RegistrationRow;
      const order = row.key === version ? 0 : compareVersionKeys(row.key, version);
      if (order > 0) return undefined;
      if (order === 0) {
        place.next++;
        return row;
      }
    }
    return undefined;
  });
}

/** What a hive shows. Ownership was decided before: a hidden version of the owner lets no other source's through. */
export function rowsOfHive(rows: readonly OwnedRow[], hive: Hive): readonly OwnedRow[] {
  return hive === 'semver2' ? rows : rows.filter(({ semVer2 }) => !semVer2);
}

/** nuget.org's sizes (NuGetGallery `Catalog2RegistrationConfiguration`): 64 leaves a page, pages inlined below 128 leaves. */
const leavesPerPage = 64;
const maxInlinedLeaves = 127;

export interface RegistrationPages {
  readonly inlined: boolean;
  readonly pages: readonly (readonly OwnedRow[])[];
}

export function paginate(rows: readonly OwnedRow[]): RegistrationPages {
  const pages: OwnedRow[][] = [];
  for (let from = 0; from < rows.length; from += leavesPerPage) pages.push(rows.slice(from, from + leavesPerPage));
  return { inlined: rows.length <= maxInlinedLeaves, pages };
}

/** The rows between two versions, both included. Any range can be asked, so a page address stays good when pages shift. */
export function rowsBetween(rows: readonly OwnedRow[], lower: PackageVersion, upper: PackageVersion): OwnedRow[] {
  return rows.slice(
    placeOf(rows, (key) => compareVersionKeys(key, lower.key) >= 0),
    placeOf(rows, (key) => compareVersionKeys(key, upper.key) > 0),
  );
}

/** Place of the first row whose key is far enough, in rows that ascend. */
function placeOf(rows: readonly OwnedRow[], isFarEnough: (key: string) => boolean): number {
  let from = 0;
  let to = rows.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const row = rows[middle];
    if (row && !isFarEnough(row.key)) from = middle + 1;
    else to = middle;
  }
  return from;
}
