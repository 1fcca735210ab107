import type { PackageIdentity } from '../nuget/package-identity.js';
import { found, missing } from './answer.js';
import type { Answer } from './answer.js';
import type { Feed } from './feed.js';
import type { ReadThrough } from './read-through.js';
import type { RequestBudget } from './request-budget.js';

/**
 * Whom to ask for a package: its owner; where no list has the version, the first eligible source in order (a list may lag behind). Not those
 * that said they do not have it.
 */
export async function nextSource(
  feed: Feed,
  { id, version }: PackageIdentity,
  eligible: readonly ReadThrough[],
  budget: RequestBudget | undefined,
): Promise<Answer<ReadThrough>> {
  const left = eligible.filter(({ absent }) => !absent.of(id).has(version.key));
  const [first] = left;
  if (!first) return missing;
  if (eligible.length === 1) return found(first);
  const versions = await feed.ownedVersions(id, budget);
  if (versions.kind === 'failed' || versions.kind === 'refused') return versions;
  const owner =
    versions.kind === 'found' ? versions.value.find((one) => one.version === version.key)?.source : undefined;
  return found(left.find(({ source }) => source.name === owner) ?? first);
}
