import type { ScriptedSource } from './scripted-source.js';

export interface ScriptedEvent {
  readonly id: string;
  readonly version: string;
  readonly isDelete?: boolean;
}

export const catalogPath = 'v3/catalog0/index.json';
export const catalogPagePath = (page: number) => `v3/catalog0/page${page}.json`;

/**
 * The catalog of a scripted source: says what it is told to, whatever the source has, so that it can run ahead of it. Pages and items stand
 * in no order, as on nuget.org.
 */
export class ScriptedCatalog {
  readonly #pages: Record<string, unknown>[][] = [];

  constructor(
    private readonly source: ScriptedSource,
    private readonly pageSize = 550,
  ) {
    this.commit('2029-12-01T00:00:00.1Z', { id: 'Ancient', version: '1.0.0' });
  }

  get pageCount(): number {
    return this.#pages.length;
  }

  /**
   * Adds a commit to the newest page, or to a new one where that is full.
   * @returns the address of its first item's details, as registrations name it too
   */
  commit(at: string, ...events: readonly ScriptedEvent[]): string {
    const items = events.map(({ id, version, isDelete }) => ({
      '@id': this.#details(at, { id, version }),
      '@type': isDelete ? 'nuget:PackageDelete' : 'nuget:PackageDetails',
      commitId: at,
      commitTimeStamp: at,
      'nuget:id': id,
      'nuget:version': version,
    }));
    this.add(...items);
    return items[0]?.['@id'] ?? '';
  }

  /** Adds items as they are. */
  add(...items: readonly Record<string, unknown>[]): void {
    const last = this.#pages.at(-1);
    const page = last && last.length + items.length <= this.pageSize ? last : [];
    if (page !== last) this.#pages.push(page);
    page.unshift(...items);
    this.#publish(this.#pages.length - 1);
  }

  /** More elements of the index. */
  readonly strangePages: unknown[] = [];

  #publish(changed: number): void {
    const marks = this.#pages.map((items, page) => ({
      '@id': `${this.source.origin}/${catalogPagePath(page)}`,
      '@type': 'CatalogPage',
      commitTimeStamp: newest(items),
      count: items.length,
    }));
    this.source.publish(catalogPagePath(changed), { ...marks[changed], items: this.#pages[changed] });
    this.source.publish(catalogPath, {
      '@id': `${this.source.origin}/${catalogPath}`,
      commitTimeStamp: newest(this.#pages.flat()),
      count: marks.length,
      items: [...marks.reverse(), ...this.strangePages],
      '@context': { '@vocab': 'http://schema.nuget.org/catalog#', items: { '@container': '@set' } },
    });
  }

  #details(at: string, { id, version }: ScriptedEvent): string {
    const stamp = at.slice(0, 19).replace(/[-T:]/g, '.');
    return `${this.source.origin}/v3/catalog0/data/${stamp}/${id}.${version}.json`.toLowerCase();
  }
}

function newest(items: readonly Record<string, unknown>[]): unknown {
  return items
    .map(({ commitTimeStamp }) => commitTimeStamp)
    .filter((time) => typeof time === 'string' && Date.parse(time) < Date.parse('2100-01-01'))
    .sort()
    .at(-1);
}
