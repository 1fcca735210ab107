import type { CatalogEvent } from '../nuget/catalog-event.js';
import { newestDetails, readRegistration } from './registration-fact.js';
import type { Fact } from './store.js';
import { readVersions } from './versions-fact.js';

/**
 * Whether what a source said of an id shows all that its catalog told of it: a catalog runs minutes ahead of the documents made from it, so
 * an answer that came after an event need not know of it. A version list knows of a version or does not; whether it is listed or deprecated
 * is no matter of it. A registration names the catalog's details it was made from, where addresses tell their time.
 *
 * @param events the newest of each version
 */
export function shows(fact: Fact, events: Iterable<CatalogEvent>): boolean {
  const { has, detailsAt } = knowledgeOf(fact);
  for (const { version, isDelete, detailsAt: told } of events) {
    if (version === undefined || has.has(version.key) === isDelete) return false;
    if (fact.key.kind !== 'registration' || isDelete) continue;
    if (told === undefined || detailsAt === undefined || detailsAt < told) return false;
  }
  return true;
}

interface Knowledge {
  /** Keys of the versions it tells of. */
  readonly has: ReadonlySet<string>;
  readonly detailsAt?: string | undefined;
}

function knowledgeOf(fact: Fact): Knowledge {
  if (fact.state === 'missing') return { has: new Set() };
  if (fact.key.kind === 'versions') return { has: new Set(readVersions(fact).versions) };
  return { has: new Set(readRegistration(fact).rows.map(({ key }) => key)), detailsAt: newestDetails(fact) };
}
