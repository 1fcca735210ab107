import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Reason } from './answer.js';

/**
 * A source has other bytes for an id and version than those that first came. The source of those is not named unless it is the same: who asks
 * may not be allowed to know of it. The log has it.
 */
export function versionConflict(identity: PackageIdentity, source: string, pinnedTo?: string): Reason {
  const pinned =
    source === pinnedTo
      ? 'than those that it supplied first: somebody replaced the package'
      : 'than those that are kept here and were supplied first by another source';
  return { code: 'version-conflict', source, detail: `${source} has other bytes for ${identity.toString()} ${pinned}` };
}
