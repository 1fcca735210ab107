import type { ReadThrough } from './read-through.js';
import type { FactStore, PackageRow } from './store.js';
import { readVersions } from './versions-fact.js';

export interface ReplaceableOptions {
  readonly facts: FactStore;
  /** By name of the source. */
  readonly readers: ReadonlyMap<string, Pick<ReadThrough, 'absent'>>;
  readonly offline: boolean;
}

/**
 * Whether the source that supplied a package can give it back, as far as is known: it is configured and may be asked, and neither its
 * version list nor an answer of its own denies the package. Only such packages may be evicted: what was deleted there is only here.
 */
export function replaceable({ facts, readers, offline }: ReplaceableOptions): (row: PackageRow) => Promise<boolean> {
  return async ({ source, identity: { id, version } }) => {
    const reader = readers.get(source);
    if (reader === undefined || offline || reader.absent.of(id).has(version.key)) return false;
    const fact = await facts.read({ source, kind: 'versions', name: id.key });
    if (fact === undefined) return true;
    return fact.state === 'found' && readVersions(fact).versions.includes(version.key);
  };
}
