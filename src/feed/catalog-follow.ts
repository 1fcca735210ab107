import { isDeepStrictEqual } from 'node:util';

import { earlier } from '../nuget/commit-time.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { missing } from './answer.js';
import type { Answer, Reason } from './answer.js';
import { CatalogChanges } from './catalog-changes.js';
import { readCatalogCursor, writeCatalogCursor } from './catalog-cursor.js';
import type { CatalogCursor } from './catalog-cursor.js';
import { CatalogRefresh } from './catalog-refresh.js';
import { unfollowed } from './catalog-word.js';
import type { CatalogReport, CatalogState, CatalogWord, Vouched } from './catalog-word.js';
import type { ReadThrough } from './read-through.js';
import type { CatalogNews, Source } from './source.js';
import type { Fact, FactStore } from './store.js';

export interface CatalogFollowOptions {
  readonly source: Source;
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is kept of these ids may be untrue from now on. */
  readonly onChanged?: (ids: ReadonlySet<string>) => void;
  /** Between two readings, in milliseconds. */
  readonly pollMs?: number;
}

const defaultPollMs = 15_000;
/** How long one reading is relied on, in milliseconds: the configured lifetimes count when the catalog is away for longer. */
const reliedOnMs = 120_000;
/** What the catalog says nothing of is asked for again after so long all the same, in milliseconds. */
const longestMs = 24 * 3_600_000;
/** Documents are taken to have followed the catalog after so long, in milliseconds; on nuget.org it takes them minutes. */
const settleMs = 30 * 60_000;
/** A place with more pages of news than this is too far back: on nuget.org that is a day or two. */
const maxPages = 50;
/** How much is read again of what came before a place, in milliseconds: a little more than may not have shown in documents yet. */
const lookBackMs = settleMs + 10 * 60_000;
/** A commit later than this by our clock is none, in milliseconds. */
const clockToleranceMs = 24 * 3_600_000;
const maxChangedIds = 200_000;
/** Ids that are awaited and stand with the cursor. */
const maxAwaited = 5_000;
/** How often a source without a catalog is asked whether it has one now, in milliseconds. */
const unofferedPollMs = 600_000;
const refreshTickMs = 5_000;

/**
 * Follows the catalog of one source. While it is read in time, everything that the source said and the catalog does not name holds; what it
 * names is asked for anew in the background. Nothing is asked before something is kept of the source.
 *
 * Only the cursor is kept, and with it the ids that are not through: written after they were taken note of, so that whatever happens in
 * between is read again.
 */
export class CatalogFollow implements CatalogWord {
  readonly #changes = new CatalogChanges({ settleMs, maxIds: maxChangedIds });
  readonly #refresh: CatalogRefresh;
  readonly #closing = new AbortController();
  #reader: ReadThrough | undefined;
  #running: Promise<unknown> | undefined;
  /** Absent until the catalog was first read. */
  #cursor: CatalogCursor | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #state: CatalogState = 'off';
  #wasToldAway = false;
  #toldJunk = '';

  constructor(private readonly options: CatalogFollowOptions) {
    const { source, facts, clock } = options;
    const onReplaced = (names: ReadonlySet<string>) => options.onChanged?.(names);
    this.#refresh = new CatalogRefresh({ source: source.name, facts, clock, changes: this.#changes, onReplaced });
  }

  /** From now on it is followed: at once where it was before, else when something of the source is asked for. */
  async begin(reader: ReadThrough): Promise<void> {
    this.#reader = reader;
    const { facts, source, log } = this.options;
    try {
      if (await readCatalogCursor(facts, source.name)) this.#start();
    } catch (error) {
      log.error({ source: source.name, err: error }, 'the place in the catalog could not be read');
    }
  }

  /** Ends it, and whatever it has under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  vouch(fact: Fact): Vouched | undefined {
    this.#start();
    const { kind } = fact.key;
    if ((kind !== 'versions' && kind !== 'registration') || !this.#isCurrent || !this.#cursor) return undefined;
    const nowMs = this.options.clock.now();
    if (fact.checkedAtMs < this.#cursor.wholeSinceMs || fact.checkedAtMs > nowMs) return undefined;
    if (!this.#changes.areShownBy(fact)) return undefined;
    return {
      atMs: Math.max(fact.checkedAtMs, this.#readAtMs),
      untilMs: Math.min(fact.checkedAtMs + longestMs, this.#readAtMs + reliedOnMs),
    };
  }

  report(): CatalogReport {
    const { clock } = this.options;
    if (this.#state === 'off') return unfollowed;
    const hasRead = this.#readAtMs > Number.NEGATIVE_INFINITY;
    const cursor = this.#cursor?.after;
    return {
      state: this.#state === 'following' && !this.#isCurrent ? 'behind' : this.#state,
      cursor: cursor === undefined || cursor === '' ? null : cursor,
      lagSeconds: hasRead ? Math.max(0, Math.floor((clock.now() - this.#readAtMs) / 1000)) : null,
    };
  }

  /** Reads what is new, once. */
  async poll(): Promise<void> {
    const { clock, facts, log, source } = this.options;
    const readAtMs = clock.now();
    try {
      // What was told last may not show in documents yet: after a start it is read again.
      const before = this.#cursor ?? (await readCatalogCursor(facts, source.name));
      const answer = await this.#ask(before, readAtMs);
      if (this.#closing.signal.aborted) return;
      if (answer.kind === 'found') await this.#take(answer.value, before, readAtMs);
      else if (answer.kind === 'missing') this.#state = 'off';
      else this.#missed(answer.reason);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (!this.#wasToldAway) log.error({ source: source.name, err: error }, 'its catalog could not be taken in');
      this.#missed({ code: 'store-failed', source: source.name, detail: 'what its catalog told could not be kept' });
    }
  }

  /** Asks for what is due, once. */
  async refresh(): Promise<void> {
    if (!this.#reader) return;
    await this.#refresh.run(this.#reader, this.#closing.signal);
    const nowMs = this.options.clock.now();
    const settled = this.#changes.settled(nowMs).filter((name) => !this.#refresh.has(name));
    // What was said too early to show a change, and came to be kept after it was told, has to be said once more.
    const outdated = await this.#refresh.await(settled);
    for (const name of settled) if (!outdated.has(name)) this.#changes.forgetSettled(name, nowMs);
  }

  get #isCurrent(): boolean {
    const nowMs = this.options.clock.now();
    return nowMs >= this.#readAtMs && nowMs < this.#readAtMs + reliedOnMs;
  }

  async #ask(before: CatalogCursor | undefined, readAtMs: number): Promise<Answer<CatalogNews>> {
    const { source } = this.options;
    if (!source.catalog) return missing;
    const since = before && (this.#cursor ?? { url: before.url, after: earlier(before.after, lookBackMs) });
    if (this.#state === 'off') this.#state = 'behind';
    return source.catalog(
      { ...(since && { since }), lookBackMs, maxPages, notAfterMs: readAtMs + clockToleranceMs },
      { signal: this.#closing.signal },
    );
  }

  async #take(news: CatalogNews, before: CatalogCursor | undefined, readAtMs: number): Promise<void> {
    const { clock, onChanged, facts, source } = this.options;
    const names = new Set(news.events.map(({ id }) => id.key));
    if (before && !this.#cursor && news.isWhole) {
      this.#changes.noteBlindly(before.awaited, clock.now());
      for (const name of before.awaited) names.add(name);
    }
    await this.#changes.note(news.events, clock.now());
    const changed = await this.#refresh.await(names);
    if (changed.size > 0) onChanged?.(changed);
    this.#tellJunk(news.junk);
    let wholeSinceMs = before && news.isWhole ? before.wholeSinceMs : readAtMs;
    if (this.#changes.isFull || this.#refresh.names.length > maxAwaited) {
      // More than is kept in mind: what was said before now counts for its own lifetime, until it is said again.
      wholeSinceMs = readAtMs + settleMs;
      this.#changes.clear();
      this.#refresh.clear();
    }
    const cursor = { url: news.url, after: news.cursor, wholeSinceMs, awaited: this.#refresh.names };
    if (!isDeepStrictEqual(before, cursor)) await writeCatalogCursor(facts, source.name, cursor, readAtMs);
    this.#tellOf(news, before);
    this.#cursor = cursor;
    this.#readAtMs = readAtMs;
    this.#state = 'following';
  }

  #missed(reason: Reason): void {
    const { log, source } = this.options;
    this.#state = this.#isCurrent ? 'following' : 'away';
    // That the source itself is away is told where it is asked for packages.
    if (this.#isCurrent || this.#wasToldAway || this.#reader?.health.resting()) return;
    this.#wasToldAway = true;
    log.warn(
      { source: source.name, code: reason.code },
      `its catalog cannot be followed, the configured lifetimes count: ${reason.detail}`,
    );
  }

  #tellOf(news: CatalogNews, before: CatalogCursor | undefined): void {
    const { log, source } = this.options;
    const about = { source: source.name, cursor: news.cursor, events: news.events.length };
    const isFirst = this.#readAtMs === Number.NEGATIVE_INFINITY;
    if (!news.isWhole && before) log.warn(about, 'the place in its catalog is too far back: begun anew from its end');
    else if (isFirst && before) log.info(about, 'its catalog is followed on, caught up');
    else if (isFirst) log.info(about, 'its catalog is followed from now on');
    else if (this.#wasToldAway) log.info(about, 'its catalog is back, caught up');
    this.#wasToldAway = false;
  }

  /** Once, and again when it changes. */
  #tellJunk(junk: readonly string[]): void {
    const telling = junk.join(' ');
    if (junk.length === 0 || telling === this.#toldJunk) return;
    this.#toldJunk = telling;
    const { log, source } = this.options;
    log.warn({ source: source.name, dropped: junk }, 'its catalog holds what cannot be read: left out');
  }

  #start(): void {
    if (!this.#reader || this.#running || this.#closing.signal.aborted) return;
    const { pollMs = defaultPollMs } = this.options;
    this.#running = Promise.all([
      this.#again(
        () => this.poll(),
        () => (this.#state === 'off' ? Math.max(pollMs, unofferedPollMs) : pollMs * (0.8 + 0.4 * Math.random())),
      ),
      this.#again(
        () => this.refresh(),
        () => Math.min(pollMs, refreshTickMs),
      ),
    ]);
  }

  async #again(work: () => Promise<void>, waitMs: () => number): Promise<void> {
    const { signal } = this.#closing;
    const { clock, log, source } = this.options;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        log.error({ source: source.name, err: error }, 'following its catalog met an unexpected error');
      }
      await clock.sleep(waitMs(), signal).catch(() => undefined);
    }
  }
}
