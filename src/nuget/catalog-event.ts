import type { CommitTime } from './commit-time.js';
import { readCommitTime } from './commit-time.js';
import { detailsStampOf } from './details-stamp.js';
import { isObject } from './lenient-json.js';
import { PackageId } from './package-id.js';
import { PackageVersion } from './package-version.js';

/** One event of a catalog, as its page tells it: something about a version was published, changed or deleted. */
export interface CatalogEvent {
  readonly id: PackageId;
  /** Absent where NuGet cannot read it: the id has changed all the same. */
  readonly version?: PackageVersion;
  /** Deleted. Everything else (published, listed, unlisted, deprecated) is not told apart. */
  readonly isDelete: boolean;
  readonly at: CommitTime;
  /** Which details it brought, as registrations name them too; absent where the address does not tell. */
  readonly detailsAt?: string;
}

/** Reads an element of a page's `items` (`catalog-resource.md`). @returns `undefined` for what tells no id and time */
export function readCatalogEvent(element: unknown): CatalogEvent | undefined {
  if (!isObject(element)) return undefined;
  const id = PackageId.tryParse(element['nuget:id']);
  const at = readCommitTime(element['commitTimeStamp']);
  if (id === undefined || at === undefined) return undefined;
  const version = PackageVersion.tryParse(element['nuget:version']);
  const detailsAt = detailsStampOf(element['@id']);
  const types: readonly unknown[] = [element['@type']].flat();
  return {
    id,
    ...(version !== undefined && { version }),
    isDelete: types.some((type) => type === 'nuget:PackageDelete' || type === 'PackageDelete'),
    at,
    ...(detailsAt !== undefined && { detailsAt }),
  };
}
