import { setImmediate as nextTurn } from 'node:timers/promises';

import { LRUCache } from 'lru-cache';
import MiniSearch from 'minisearch';
import type { CombinationOperator, Query, SearchResult } from 'minisearch';

import type { PackageId } from '../nuget/package-id.js';
import { searchQueryKey } from '../nuget/search-query.js';
import type { SearchQuery } from '../nuget/search-query.js';
import { parseSearchTerms } from '../nuget/search-terms.js';
import type { SearchField } from '../nuget/search-terms.js';
import { nameWords, textWords } from '../nuget/search-words.js';
import type { Logger } from '../ops/log.js';
import { isChosen, keyOf, readIndexed } from './indexed-package.js';
import type { Indexed, IndexedPackage, IndexedTexts } from './indexed-package.js';
import type { KnownPackages } from './known-package.js';
import { UnreadableError } from './store.js';
import type { FactKey } from './store.js';

/** As nuget.org weighs: the id before all, then title and tags. */
const boost = { id: 12, title: 5, tags: 4, summary: 1.5, description: 1, authors: 1, owners: 1 };
const fields = Object.keys(boost);
const nameFields = ['id', 'title', 'tags'];
const otherFields = fields.filter((field) => !nameFields.includes(field));
/** Fields that a scope searches; `packageid` and `version` are compared whole. */
const fieldOf: Readonly<Partial<Record<SearchField, string>>> = {
  id: 'id',
  title: 'title',
  tags: 'tags',
  author: 'authors',
  description: 'description',
  summary: 'summary',
  owner: 'owners',
};
const leastPrefix = 3;
const maxIdsRemembered = 100_000;
/** How long one slice of indexing may hold the event loop, in milliseconds; one package more may come on top. */
const sliceMs = 4;

/**
 * Our own search over what is kept: each source's registrations, latest listed version, and packages of which no registration is kept. Packages are apart by source, so that a feed sees
 * its members' alone. In memory: rebuilt from the facts at start, kept up with each that is written.
 */
export class SearchIndex {
  readonly #index: MiniSearch<IndexedTexts>;
  readonly #packages = new Map<string, IndexedPackage>();
  readonly #countBySource = new Map<string, number>();
  /** Good until anything changes. */
  readonly #results = new LRUCache<string, readonly PackageId[]>({
    maxSize: maxIdsRemembered,
    sizeCalculation: (ids) => ids.length + 1,
  });
  readonly #pending = new Map<string, FactKey>();
  #working: Promise<void> | undefined;
  #filling: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    private readonly known: KnownPackages,
    private readonly log: Logger,
  ) {
    this.#index = new MiniSearch<IndexedTexts>({
      idField: 'key',
      fields,
      tokenize: (text, field) => (field === 'id' || field === 'title' ? nameWords(text) : textWords(text)),
      processTerm: (term) => term,
      searchOptions: {
        boost,
        combineWith: 'AND',
        prefix: (term) => term.length >= leastPrefix,
        tokenize: textWords,
      },
    });
  }

  /** Begins to read all that is kept, in the background. */
  fill(): void {
    this.#filling ??= this.#fill();
  }

  /** Takes note of a fact that was written. Returns at once. */
  learn(key: FactKey): void {
    if (key.kind !== 'registration' || this.#isClosed) return;
    this.#pending.set(keyOf(key.source, key.name), key);
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when all that was told of has been taken in. */
  async settled(): Promise<void> {
    await this.#filling;
    while (this.#working) await this.#working;
  }

  knows(source: string, id: PackageId): boolean {
    return this.#packages.has(keyOf(source, id.key));
  }

  /** Whether anything at all is known of a source. */
  knowsAny(source: string): boolean {
    return (this.#countBySource.get(source) ?? 0) > 0;
  }

  /** Ids of one source that a search finds, best first. */
  find(source: string, query: SearchQuery): readonly PackageId[] {
    return this.#remembered(`find ${source} ${searchQueryKey(query)}`, () => this.#find(source, query));
  }

  #find(source: string, query: SearchQuery): PackageId[] {
    const { words, scoped } = parseSearchTerms(query.text);
    const parts: Query[] = words.map(anywhere);
    for (const [field, values] of scoped) {
      const searched = fieldOf[field];
      if (searched === undefined) continue;
      const queries = values.map((value) => ({ combineWith: 'AND' as const, queries: [value] }));
      parts.push({ combineWith: 'OR', fields: [searched], queries });
    }
    const ids = scoped.get('packageid');
    const versions = scoped.get('version');
    const isAllowed = (one: IndexedPackage) =>
      isChosen(one, source, query) &&
      (ids?.includes(one.id.key) ?? true) &&
      (versions?.some((version) => one.versions.includes(` ${version} `)) ?? true);
    const exact = words.length === 1 ? words[0] : (ids ?? scoped.get('id'))?.[0];
    return this.#search(parts, isAllowed, (one) => one.id.key === exact);
  }

  /** Ids of one source of which a part begins with the text, those that begin with it themselves first. */
  complete(source: string, query: SearchQuery): readonly PackageId[] {
    return this.#remembered(`complete ${source} ${searchQueryKey(query)}`, () => this.#complete(source, query));
  }

  #complete(source: string, query: SearchQuery): PackageId[] {
    const text = query.text.toLowerCase();
    const parts: Query[] = text === '' ? [] : [{ combineWith: 'AND', fields: ['id'], prefix: true, queries: [text] }];
    return this.#search(
      parts,
      (one) => isChosen(one, source, query),
      (one) => one.id.key.startsWith(text),
    );
  }

  /** Ends the work in the background. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pending.clear();
    await this.settled();
  }

  /** Pages of one search are cut from one result. */
  #remembered(question: string, search: () => PackageId[]): readonly PackageId[] {
    const kept = this.#results.get(question);
    if (kept) return kept;
    const found = search();
    this.#results.set(question, found);
    return found;
  }

  #search(
    parts: readonly Query[],
    isAllowed: (one: IndexedPackage) => boolean,
    goesFirst: (one: IndexedPackage) => boolean,
  ): PackageId[] {
    const allowed = ({ id }: Pick<SearchResult, 'id'>) => {
      const one = this.#packages.get(id as string);
      return one !== undefined && isAllowed(one);
    };
    const combineWith: CombinationOperator = 'AND';
    if (parts.length === 0)
      return [...this.#packages.values()]
        .filter(isAllowed)
        .map(({ id }) => id)
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    const results = this.#index
      .search({ combineWith, queries: [...parts] }, { filter: allowed })
      .flatMap(({ id, score }) => {
        const one = this.#packages.get(id as string);
        return one ? [{ one, score, first: goesFirst(one) ? 1 : 0 }] : [];
      });
    // A score is a sum of many small numbers: of equals the id decides, so that pages continue each other.
    results.sort((a, b) => b.first - a.first || b.score - a.score || (a.one.id.key < b.one.id.key ? -1 : 1));
    return results.map(({ one }) => one.id);
  }

  async #fill(): Promise<void> {
    try {
      for await (const key of this.known.keys()) {
        if (this.#isClosed) return;
        this.learn(key);
      }
    } catch (error) {
      this.log.error({ err: error }, 'what is kept could not be read for search');
    }
  }

  async #work(): Promise<void> {
    let sliceBegan = performance.now();
    for (;;) {
      const [next] = this.#pending;
      if (next === undefined) return;
      const [name, key] = next;
      this.#pending.delete(name);
      try {
        this.#put(name, await readIndexed(this.known, key));
      } catch (error) {
        // Of a disk that refuses the store has told.
        this.log[error instanceof UnreadableError ? 'debug' : 'error'](
          { source: key.source, id: key.name, err: error },
          'a kept registration could not be read for search',
        );
      }
      if (performance.now() - sliceBegan < sliceMs) continue;
      await nextTurn();
      sliceBegan = performance.now();
    }
  }

  #put(key: string, indexed: Indexed | undefined): void {
    this.#results.clear();
    const old = this.#packages.get(key);
    if (old) {
      this.#index.discard(key);
      this.#packages.delete(key);
      this.#count(old.source, -1);
    }
    if (!indexed) return;
    this.#index.add(indexed.texts);
    this.#packages.set(key, indexed.kept);
    this.#count(indexed.kept.source, 1);
  }

  #count(source: string, by: number): void {
    this.#countBySource.set(source, (this.#countBySource.get(source) ?? 0) + by);
  }
}

/** Names are found by their beginnings, prose by whole words: half a word would find half of all prose, and be slow at it. */
const anywhere = (word: string): Query => ({
  combineWith: 'OR',
  queries: [
    { combineWith: 'AND', fields: nameFields, queries: [word] },
    { combineWith: 'AND', fields: otherFields, prefix: false, queries: [word] },
  ],
});
