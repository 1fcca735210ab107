import type { SourceRegistration } from './registration-table.js';
import type { OwnedVersion } from './version-list.js';

/** A version that means other bytes in other sources. */
export interface VersionConflict {
  /** Key. */
  readonly version: string;
  /** The one whose bytes are served. */
  readonly owner: PublishedBy;
  /** In order of precedence. */
  readonly others: readonly PublishedBy[];
}

export interface PublishedBy {
  readonly source: string;
  /** Base64. */
  readonly sha512: string;
}

/**
 * Versions for which another source publishes another SHA-512 than the owner's. Found from what registrations tell, so nothing is
 * downloaded for it; where the owner's hash is not known nothing can be said.
 *
 * @param registrations in order of precedence
 * @param heldHashes SHA-512 of the packages that are kept, by version key: it counts before what their source publishes
 */
export function conflictsOf(
  owned: readonly OwnedVersion[],
  registrations: readonly SourceRegistration[],
  heldHashes: ReadonlyMap<string, string> = new Map(),
): VersionConflict[] {
  const published = new Map<string, PublishedBy[]>();
  for (const { source, rows } of registrations)
    for (const { key, sha512 } of rows) {
      if (sha512 === undefined) continue;
      const sameVersion = published.get(key);
      if (sameVersion) sameVersion.push({ source, sha512 });
      else published.set(key, [{ source, sha512 }]);
    }
  if (published.size === 0) return [];
  return owned.flatMap(({ version, source }) => {
    const told = published.get(version) ?? [];
    const sha512 = heldHashes.get(version) ?? told.find((one) => one.source === source)?.sha512;
    if (sha512 === undefined) return [];
    const others = told.filter((one) => one.source !== source && one.sha512 !== sha512);
    return others.length > 0 ? [{ version, owner: { source, sha512 }, others }] : [];
  });
}
