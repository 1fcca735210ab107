import { PackageId } from '../nuget/package-id.js';
import type { CatalogPlace } from './source.js';
import { DamagedFactError } from './store.js';
import type { FactKey, FactStore } from './store.js';

/** How far a catalog was followed, as it is kept. */
export interface CatalogCursor extends CatalogPlace {
  /** Since when nothing of it was missed, in ms since the epoch: what was said before may have changed unseen. */
  readonly wholeSinceMs: number;
  /** Ids whose kept documents do not show yet what the catalog told of them. */
  readonly awaited: readonly string[];
}

const keyOf = (source: string): FactKey => ({ source, kind: 'catalog', name: '' });

/** @returns `undefined` where none is kept, or none that can be read */
export async function readCatalogCursor(facts: FactStore, source: string): Promise<CatalogCursor | undefined> {
  try {
    return cursorOf((await facts.read(keyOf(source)))?.head);
  } catch (error) {
    if (error instanceof DamagedFactError) return undefined;
    throw error;
  }
}

/** @param kept the head of a fact; `undefined` when it is no cursor */
export function cursorOf(kept: unknown): CatalogCursor | undefined {
  const head = kept as Partial<CatalogCursor> | null | undefined;
  if (typeof head?.url !== 'string' || typeof head.after !== 'string') return undefined;
  if (typeof head.wholeSinceMs !== 'number' || !Array.isArray(head.awaited)) return undefined;
  const awaited = head.awaited.filter((name) => PackageId.tryParse(name)?.key === name);
  return { url: head.url, after: head.after, wholeSinceMs: head.wholeSinceMs, awaited };
}

export async function writeCatalogCursor(
  facts: FactStore,
  source: string,
  cursor: CatalogCursor,
  checkedAtMs: number,
): Promise<void> {
  await facts.write(keyOf(source), { state: 'found', checkedAtMs, validators: {}, head: cursor, parts: [] });
}
