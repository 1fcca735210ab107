import type { SourceVersions } from '../nuget/version-list.js';
import type { FactShape } from './fact-shape.js';
import type { VersionListing } from './source.js';
import type { Fact } from './store.js';

/** Head of a `versions` fact: keys of the versions, ascending. */
type VersionsHead = readonly string[];

export const versionsFact: FactShape<VersionListing> = {
  kind: 'versions',
  ask: (source, id, ask) => source.versions(id, ask),
  keep: ({ versions, unparsable }) => ({ head: versions.map(({ key }) => key), parts: [], unparsable }),
};

export function readVersions(fact: Fact): SourceVersions {
  return { source: fact.key.source, versions: fact.head as VersionsHead };
}
