import { PackageVersion } from './package-version.js';

/** One line of a source's registration: what paging and merging need, and where the leaf's bytes lie. */
export interface RegistrationRow {
  /** Full version: normalized, case and metadata kept. */
  readonly version: string;
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

export interface OwnedRow extends RegistrationRow {
  readonly source: string;
}

/** SemVer1 shows what every client can read; SemVer2 shows all. */
export type Hive = 'semver1' | 'semver2';

/** Union by normalized version, ascending; the first registration that has a version owns it. Hidden versions of the hive are left out. */
export function mergeRegistrations(registrations: readonly SourceRegistration[], hive: Hive): OwnedRow[] {
  const isShown = (row: RegistrationRow) => hive === 'semver2' || !row.semVer2;
  const [only] = registrations;
  if (registrations.length === 1 && only)
    return only.rows.filter(isShown).map((row) => ({ ...row, source: only.source }));
  const owners = new Map<string, { row: OwnedRow; parsed: PackageVersion }>();
  for (const { source, rows } of registrations)
    for (const row of rows) {
      const parsed = PackageVersion.parse(row.version);
      // Ownership is decided before hiding: a hidden version of the owner must not let another source's through.
      if (!owners.has(parsed.key)) owners.set(parsed.key, { row: { ...row, source }, parsed });
    }
  return [...owners.values()]
    .sort((a, b) => PackageVersion.compare(a.parsed, b.parsed))
    .map(({ row }) => row)
    .filter(isShown);
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
  return rows.filter((row) => {
    const version = PackageVersion.parse(row.version);
    return PackageVersion.compare(version, lower) >= 0 && PackageVersion.compare(version, upper) <= 0;
  });
}
