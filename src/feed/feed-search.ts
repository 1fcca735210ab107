import type { Bases } from '../nuget/address-slot.js';
import type { PackageId } from '../nuget/package-id.js';
import { renderCompletions, renderSearchPage } from '../nuget/search-document.js';
import { maxCountedHits, mergeRankings, totalOf, uniteHits } from '../nuget/search-merge.js';
import type { RankedList, SearchResult } from '../nuget/search-merge.js';
import type { SearchQuery, SearchWindow, VersionChoice } from '../nuget/search-query.js';
import type { SearchHit } from '../nuget/search-hit.js';
import { eligibleSources } from '../policy/source-mapping.js';
import { failed, found, missing } from './answer.js';
import type { Answer } from './answer.js';
import { worstState } from './cache-state.js';
import type { FeedDocument } from './feed.js';
import { isShown } from './known-package.js';
import type { KnownPackages } from './known-package.js';
import { MemberSearch } from './member-search.js';
import type { Candidate, Heard, Kind, MemberSearchOptions, Question } from './member-search.js';
import type { DescribedVersions } from './ownership.js';
import type { ReadThrough } from './read-through.js';
import { within } from './within.js';

export interface FeedSearchOptions extends MemberSearchOptions {
  /** Members in order of precedence. */
  readonly members: readonly ReadThrough[];
  readonly known: KnownPackages;
  /** The versions of an id, by the same rule as in the feed's lists and registrations. */
  readonly described: (id: PackageId) => Promise<Answer<DescribedVersions>>;
  /** How long a request waits for our own index to take in what was just learned, in milliseconds. */
  readonly indexGraceMs: number;
}

const bySearch =
  (query: SearchQuery): Question =>
  async (source, window) => {
    const page = (await source.search?.(query, window, {})) ?? missing;
    if (page.kind !== 'found') return page;
    return found({ ...page.value, entries: page.value.hits.map((hit) => ({ id: hit.id, hit })) });
  };

/** Elements asked for at a time. */
const leastTake = 20;
const mostTake = 250;
const maxHitsReadAtOnce = 16;

/** Search and completion over a feed's sources: their own answers merged, and what is kept where a source has no search or cannot be asked. */
export class FeedSearch {
  /** Sources that send what a query excludes: their places are not the places of what we show. */
  readonly #unfaithful = new Set<string>();

  constructor(private readonly options: FeedSearchOptions) {}

  /** A page of search results. */
  async search(query: SearchQuery, window: SearchWindow, bases: Bases): Promise<Answer<FeedDocument>> {
    return this.#answer('search', query, window, [bySearch(query)], async (total, results) =>
      renderSearchPage(total, await this.#results(results, query), bases),
    );
  }

  /** Ids that begin with the query's text, or of which a part does. */
  async completeIds(query: SearchQuery, window: SearchWindow): Promise<Answer<FeedDocument>> {
    const completion: Question = async (source, at) => {
      const page = (await source.autocomplete?.(query, at, {})) ?? missing;
      return page.kind === 'found' ? found({ ...page.value, entries: page.value.ids.map((id) => ({ id })) }) : page;
    };
    return this.#answer('complete', query, window, [completion, bySearch(query)], async (total, results) =>
      renderCompletions(
        total,
        results.map(({ id }) => id.text),
      ),
    );
  }

  /** The listed versions of an id, ascending. An id that no source has has none. */
  async completeVersions(id: PackageId, choice: VersionChoice): Promise<Answer<FeedDocument>> {
    const described = await this.options.described(id);
    if (described.kind === 'missing') return found(this.#document(renderCompletions(0, []), []));
    if (described.kind !== 'found') return described;
    const { rows, ...rest } = described.value;
    const versions = rows.filter((row) => row.listed && isShown(row, choice)).map(({ version }) => version);
    return found({
      ...rest,
      body: renderCompletions(versions.length, versions),
      lifetimeMs: Math.max(0, rest.freshUntilMs - rest.checkedAtMs),
    });
  }

  async #answer(
    kind: Kind,
    query: SearchQuery,
    window: SearchWindow,
    questions: readonly Question[],
    render: (total: number, shown: readonly Shown[]) => Promise<Buffer>,
  ): Promise<Answer<FeedDocument>> {
    const { index } = this.options;
    await this.#indexed();
    const from = this.#mayBegin(kind, window) ? window.skip : 0;
    const heard = await this.#hearAll(kind, query, window, questions, from);
    const because = heard.flatMap((one) => one.because ?? []);
    const isNothingKnown = heard.length > 0 && heard.every((one) => one.because && !index.knowsAny(one.list.source));
    const [first] = because;
    // An outage is no empty list: only where something is known can what is known be the answer.
    if (isNothingKnown && first) return failed(first);

    const lists = heard.map(({ list }) => list);
    const start = window.skip - from;
    const merged = mergeRankings(
      lists.map((list) => ({ ...list, entries: list.entries.map((entry) => ({ ...entry, source: list.source })) })),
    );
    const page = merged.slice(start, start + window.take);
    const shown = page.map((sayings): Shown => ({ id: sayings[0].id, sayings: this.#completed(sayings, lists) }));
    const total = Math.max(totalOf(lists), page.length > 0 ? window.skip + page.length : 0);
    return found(this.#document(await render(total, shown), heard));
  }

  async #hearAll(
    kind: Kind,
    query: SearchQuery,
    window: SearchWindow,
    questions: readonly Question[],
    from: number,
  ): Promise<readonly Heard[]> {
    const { members } = this.options;
    const take = Math.min(mostTake, Math.max(leastTake, window.take));
    const upTo = window.skip - from + window.take;
    const readers = members.map((member) => new MemberSearch(this.options, member, kind, query, questions, from));
    await Promise.all(readers.map((reader) => reader.reach(1, take)));
    const sum = readers.reduce((total, { heard }) => total + heard.list.total, 0);
    const areCounted = from === 0 && members.length > 1 && sum <= maxCountedHits;
    await Promise.all(
      readers.map((reader) =>
        areCounted ? reader.reach(maxCountedHits + 1, maxCountedHits) : reader.reach(upTo, take),
      ),
    );
    const isUnfaithful = readers.some((reader) => reader.leftOut);
    for (const reader of readers) if (reader.leftOut) this.#unfaithful.add(`${kind} ${reader.source}`);
    // What stands before this page is not what the source counts: begin anew at its beginning.
    return isUnfaithful && from > 0
      ? this.#hearAll(kind, query, window, questions, 0)
      : readers.map(({ heard }) => heard);
  }

  /** One source that has every id to itself: its places are ours, and nothing before the page need be read. */
  #mayBegin(kind: Kind, { skip }: SearchWindow): boolean {
    const { members, mapping, offline } = this.options;
    const [only] = members;
    return (
      skip > 0 &&
      !offline &&
      members.length === 1 &&
      only !== undefined &&
      !this.#unfaithful.has(`${kind} ${only.source.name}`) &&
      mapping.every(({ packages }) => packages.every((pattern) => pattern === '*'))
    );
  }

  /** With sources that have the id and did not come to it in what was read of their lists: what is kept of theirs. */
  #completed(sayings: readonly Saying[], lists: readonly RankedList<Candidate>[]): Saying[] {
    const { index, mapping } = this.options;
    const id = (sayings[0] as Saying).id;
    const eligible = new Set(eligibleSources(id, mapping));
    return lists.flatMap(({ source, isWhole }) => {
      const said = sayings.find((one) => one.source === source);
      if (said) return [said];
      return !isWhole && eligible.has(source) && index.knows(source, id) ? [{ id, source }] : [];
    });
  }

  async #results(shown: readonly Shown[], query: SearchQuery): Promise<SearchResult[]> {
    const results: SearchResult[] = [];
    for (let from = 0; from < shown.length; from += maxHitsReadAtOnce)
      for (const hits of await Promise.all(
        shown.slice(from, from + maxHitsReadAtOnce).map(({ sayings }) => this.#hitsOf(sayings, query)),
      )) {
        const [first, ...others] = hits;
        if (first) results.push(uniteHits([first, ...others]));
      }
    return results;
  }

  async #hitsOf(sayings: readonly Saying[], query: SearchQuery): Promise<SearchHit[]> {
    const hits = await Promise.all(
      sayings.map(async ({ hit, source, id }) => hit ?? (await this.options.known.hit(source, id, query))),
    );
    return hits.filter((hit) => hit !== undefined);
  }

  #document(body: Buffer, heard: readonly Heard[]): FeedDocument {
    const { clock, memo, offline } = this.options;
    const nowMs = clock.now();
    const checkedAtMs = Math.min(nowMs, ...heard.map(({ atMs }) => atMs));
    const staleBecause = heard.flatMap(({ because }) => because ?? []);
    const lifetimeMs = staleBecause.length > 0 ? 0 : memo.lifetimeMs;
    return {
      body,
      state: offline ? 'OFFLINE' : worstState(heard.map(({ state }) => state)),
      freshUntilMs: checkedAtMs + lifetimeMs,
      checkedAtMs,
      staleBecause,
      leftOut: [],
      sources: heard.map(({ list }) => list.source),
      lifetimeMs,
    };
  }

  /** What was learned a moment ago is to be found; a long rebuild is not waited for. */
  async #indexed(): Promise<void> {
    const { index, clock, indexGraceMs } = this.options;
    await within(clock, indexGraceMs, index.settled(), () => undefined);
  }
}

interface Saying extends Candidate {
  readonly source: string;
}

interface Shown {
  readonly id: PackageId;
  /** In order of precedence. */
  readonly sayings: readonly Saying[];
}
