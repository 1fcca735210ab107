import type { PackageId } from '../nuget/package-id.js';
import { chosenHit } from '../nuget/search-choice.js';
import type { SearchHit } from '../nuget/search-hit.js';
import type { RankedList } from '../nuget/search-merge.js';
import { searchQueryKey } from '../nuget/search-query.js';
import type { SearchQuery, SearchWindow } from '../nuget/search-query.js';
import { textWords } from '../nuget/search-words.js';
import type { Clock } from '../ops/clock.js';
import { mayBeTold } from '../policy/search-mapping.js';
import { eligibleSources } from '../policy/source-mapping.js';
import type { MappedSource } from '../policy/source-mapping.js';
import { missing } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { CacheState } from './cache-state.js';
import { ListReader } from './list-reader.js';
import type { RankedPage } from './list-reader.js';
import type { ReadThrough } from './read-through.js';
import type { SearchIndex } from './search-index.js';
import type { SearchMemo } from './search-memo.js';
import type { Source } from './source.js';

export interface MemberSearchOptions {
  /** Every configured source: the patterns of all of them count. */
  readonly mapping: readonly MappedSource[];
  readonly index: SearchIndex;
  readonly memo: SearchMemo;
  readonly offline: boolean;
  readonly clock: Clock;
}

/** An id that a source found. Without a hit, what it says is read from what is kept, once it is to be shown. */
export interface Candidate {
  readonly id: PackageId;
  readonly hit?: SearchHit;
}

/** What one source found, or what we know of it in its place. */
export interface Heard {
  readonly list: RankedList<Candidate>;
  readonly state: CacheState;
  readonly atMs: number;
  /** Why this is not the source's own present word. */
  readonly because?: Reason;
}

type Page = Answer<RankedPage<Candidate> & { readonly bytes: number }>;
export type Kind = 'search' | 'complete';
/** One way of asking a source: its search, or its completion. */
export type Question = (source: Source, window: SearchWindow) => Promise<Page>;

/** One member's part in answering one request. */
export class MemberSearch {
  readonly source: string;
  readonly #reader: ListReader<Candidate>;
  readonly #own: Heard | undefined;
  #failure: Heard | undefined;
  #places: number;
  #wasAsked = false;
  #atMs: number;

  constructor(
    private readonly options: MemberSearchOptions,
    private readonly member: ReadThrough,
    private readonly kind: Kind,
    private readonly query: SearchQuery,
    private readonly questions: readonly Question[],
    from: number,
  ) {
    const { source, health } = member;
    this.source = source.name;
    this.#atMs = options.clock.now();
    this.#places = 0;
    this.#reader = new ListReader(
      source.name,
      (window) => this.#ask(window),
      (entry) => this.#choose(entry),
      from,
    );
    if (options.offline) this.#own = this.#known('OFFLINE', offlineReason(source.name));
    else if (!mayBeTold(source.name, query.text, options.mapping)) this.#own = this.#known('HIT');
    else {
      const resting = health.resting();
      if (resting) this.#own = this.#known('STALE', resting);
    }
  }

  get leftOut(): boolean {
    return this.#reader.leftOut;
  }

  get heard(): Heard {
    const known = this.#own ?? this.#failure;
    return known ?? { list: this.#reader.list, state: this.#wasAsked ? 'MISS' : 'HIT', atMs: this.#atMs };
  }

  async reach(count: number, take: number): Promise<void> {
    if (this.#own ?? this.#failure) return;
    const stopped = await this.#reader.reach(count, take);
    if (stopped === undefined) return;
    // A source without a search is no failure: what is known of it is all there can be.
    this.#failure = stopped.kind === 'missing' ? this.#known('HIT') : this.#known('STALE', stopped.reason);
  }

  /** The first way of asking that the source offers. */
  async #ask(window: SearchWindow): Promise<Page> {
    for (; this.#places < this.questions.length; this.#places++) {
      const question = this.questions[this.#places] as Question;
      const name = `${this.kind}${this.#places} ${searchQueryKey(this.query)} ${window.skip} ${window.take}`;
      const { answer, atMs, wasKept } = await this.options.memo.ask(this.member, name, () =>
        question(this.member.source, window),
      );
      if (answer.kind === 'missing') continue;
      this.#wasAsked ||= !wasKept;
      this.#atMs = Math.min(this.#atMs, atMs);
      return answer;
    }
    return missing;
  }

  #known(state: CacheState, because?: Reason): Heard {
    const { index, clock } = this.options;
    const ids = this.kind === 'search' ? index.find(this.source, this.query) : index.complete(this.source, this.query);
    const entries = ids.filter((id) => this.#isEligible(id)).map((id) => ({ id }));
    const list = { source: this.source, entries, total: entries.length, isWhole: true };
    return { list, state, atMs: clock.now(), ...(because && { because: { source: this.source, ...because } }) };
  }

  #choose(entry: Candidate): Candidate | undefined {
    if (!this.#isEligible(entry.id)) return undefined;
    if (!entry.hit) return entry;
    // A search stands in for a completion that the source does not offer.
    if (this.kind === 'complete' && !beginsWith(entry.id, textWords(this.query.text))) return undefined;
    const hit = chosenHit(entry.hit, this.query);
    return hit && { ...entry, hit };
  }

  #isEligible(id: PackageId): boolean {
    return eligibleSources(id, this.options.mapping).includes(this.source);
  }
}

function offlineReason(source: string): Reason {
  return { code: 'offline-miss', source, detail: `offline: ${source} is not asked` };
}

/** Each word begins a part of the id. */
function beginsWith({ key }: PackageId, words: readonly string[]): boolean {
  const parts = textWords(key);
  return words.every((word) => parts.some((part) => part.startsWith(word))) || key.startsWith(words.join('.'));
}
