import { PackageIdentity } from '../../nuget/package-identity.js';
import { PackageId } from '../../nuget/package-id.js';
import { compareVersionKeys } from '../../nuget/version-order.js';
import { parseVersionRange } from '../../nuget/version-range.js';
import type { VersionRange } from '../../nuget/version-range.js';
import type { Clock } from '../../ops/clock.js';
import type { Logger } from '../../ops/log.js';
import { Download } from '../download.js';
import type { FactShape } from '../fact-shape.js';
import type { Feed } from '../feed.js';
import type { Guess } from '../guess.js';
import type { Packages } from '../packages.js';
import { registrationFact } from '../registration-fact.js';
import type { FactStore, PackageStore } from '../store.js';
import { readVersions, versionsFact } from '../versions-fact.js';
import { FrameworkTaste } from './framework-taste.js';
import { KnownDependencies } from './known-dependencies.js';
import type { Dependencies } from './known-dependencies.js';
import { Lately } from './lately.js';
import { lowestVersion } from './lowest-version.js';
import type { PrefetchFigures } from './prefetch-figures.js';
import { RecentVersions } from './recent-versions.js';
import { Walk } from './walk.js';

export interface PrefetchOptions {
  readonly facts: FactStore;
  readonly store: PackageStore;
  readonly packages: Packages;
  readonly figures: PrefetchFigures;
  readonly clock: Clock;
  readonly log: Logger;
  /** What was looked at is not looked at again for so long, in milliseconds: as long as a list is fresh. */
  readonly rememberMs: number;
  /** Whether the store has room for what nobody asked for. */
  readonly hasRoom: () => Promise<boolean>;
}

/** Larger packages are not fetched before they are asked for, in bytes. */
const maxBytes = 32 * 1024 * 1024;
const maxRemembered = 20_000;
const maxWalks = 500;
const maxPending = 2_000;
/** Who asked for a list asks for a package of it within this, in milliseconds. */
const expectedWithinMs = 3_000;
/** A registration is asked ahead only while little else is. */
const maxPendingForRegistration = 8;

/**
 * Thinks ahead of a restore: it asks for a list, then for a package, reads in it what it depends on, asks for those lists, and so on, two
 * round trips for each level. Here the level below is fetched as soon as the level above is known, down to the end, by the same ways and
 * through the same checks as for a client. Nothing of it changes what a client is told.
 */
export class Prefetch {
  readonly #known: KnownDependencies;
  readonly #taste: FrameworkTaste;
  readonly #recent: RecentVersions;
  /** By feed and id: asked by a client. */
  readonly #askedLists: Lately;
  /** By feed and id: asked ahead. */
  readonly #lists: Lately;
  /** By feed and identity: asked ahead. */
  readonly #packages: Lately;
  /** By feed and identity: its dependencies were looked at. */
  readonly #expanded: Lately;
  /** Packages on their way, by feed and id. */
  readonly #coming = new Map<string, Set<Guess>>();
  /** By what each was begun for. */
  readonly #walks = new Map<string, Walk>();
  readonly #running = new Set<Promise<void>>();
  #isClosed = false;

  constructor(private readonly options: PrefetchOptions) {
    const { facts, store, clock, rememberMs } = options;
    this.#known = new KnownDependencies(facts, store);
    this.#taste = new FrameworkTaste(clock);
    this.#recent = new RecentVersions(clock);
    const lately = () => new Lately(clock, rememberMs, maxRemembered);
    this.#askedLists = lately();
    this.#lists = lately();
    this.#packages = lately();
    this.#expanded = lately();
  }

  /** A client asks for the version list of an id. */
  listAsked(feed: Feed, id: PackageId): void {
    const place = `${feed.name}/${id.key}`;
    this.options.figures.asked(`list ${place}`);
    for (const guess of this.#coming.get(place) ?? []) guess.expect();
    const wasAsked = this.#askedLists.has(place);
    this.#askedLists.note(place);
    if (wasAsked) return;
    if (this.#lists.has(place)) return;
    this.#taste.asked(id);
    this.#walk(feed, `list ${place}`, (walk) => this.#fromList(walk, id));
  }

  /** A client asks for a package. */
  packageAsked(feed: Feed, identity: PackageIdentity): void {
    const place = `${feed.name}/${identity.key}`;
    this.options.figures.asked(`package ${place}`);
    this.#recent.note(feed, identity);
    if (this.#expanded.has(place)) return;
    this.#walk(feed, `package ${place}`, async (walk) => {
      const groups = await this.#known.of(feed, identity);
      if (groups) await this.#expand(walk, identity, groups, 0);
    });
  }

  /** A package that a client asked for is on its way. */
  packageComing(feed: Feed, download: Download): void {
    const { identity } = download;
    const place = `${feed.name}/${identity.key}`;
    if (this.#expanded.has(place)) return;
    this.#walk(feed, `coming ${place}`, (walk) => this.#whenReceived(walk, download, 0));
  }

  /** Begins nothing more. Settles when what was begun has come to its end: close the sources before. */
  async close(): Promise<void> {
    this.end();
    await Promise.all(this.#running);
  }

  /** Begins nothing more, and gives up what has not begun. */
  end(): void {
    this.#isClosed = true;
    for (const walk of this.#walks.values()) walk.end();
  }

  /** One for all who give the same reason meanwhile: hundreds who join a download would each read what it depends on. */
  #walk(feed: Feed, reason: string, work: (walk: Walk) => Promise<void>): void {
    if (this.#isClosed || this.#walks.has(reason) || this.#walks.size >= maxWalks) return;
    const walk = new Walk(feed, this.options.clock, () => this.#walks.delete(reason));
    this.#walks.set(reason, walk);
    this.#go(walk, () => work(walk));
  }

  /** Beside everything else. Nothing escapes: nobody asked for it. */
  #go(walk: Walk, work: () => Promise<void>): void {
    const running = walk.during(work).catch((error: unknown) => {
      this.options.log.debug({ feed: walk.feed.name, err: error }, 'thinking ahead came to nothing');
    });
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  /** What nothing led to is where a restore begins: what is known of it, or asked beside its list, tells the lists that come next. */
  async #fromList(walk: Walk, id: PackageId): Promise<void> {
    const { feed } = walk;
    const kept = await this.#known.newestKept(feed, id);
    const keptGroups = kept && (await this.#known.of(feed, kept));
    if (keptGroups) return this.#expand(walk, kept, keptGroups, 0);
    let groups = await this.#known.ofNewestTold(feed, id);
    if (!groups && this.#isQuiet) {
      await this.#ask(walk, registrationFact, id, undefined);
      groups = await this.#known.ofNewestTold(feed, id);
    }
    for (const { id } of groups ? this.#dependencies(walk, groups) : []) this.#go(walk, () => this.#list(walk, id));
  }

  get #isQuiet(): boolean {
    return this.options.figures.counts.pending < maxPendingForRegistration;
  }

  async #whenReceived(walk: Walk, download: Download, depth: number): Promise<void> {
    const received = await download.received;
    const groups = received && (await this.#known.ofReceived(walk.feed, download.identity, received));
    if (groups) await this.#expand(walk, download.identity, groups, depth);
  }

  /** Goes on with what a package depends on. */
  async #expand(walk: Walk, { key }: PackageIdentity, groups: Dependencies, depth: number): Promise<void> {
    const place = `${walk.feed.name}/${key}`;
    if (this.#expanded.has(place) || !walk.goesTo(depth + 1)) return;
    this.#expanded.note(place);
    for (const { id, range } of this.#dependencies(walk, groups))
      this.#go(walk, () => this.#dependency(walk, id, range, depth + 1));
  }

  /** What can be read of it, and asked of the feed's own sources. */
  #dependencies(walk: Walk, groups: Dependencies): { id: PackageId; range: VersionRange | undefined }[] {
    return this.#taste.choose(groups).flatMap(({ id: written, range }) => {
      const id = PackageId.tryParse(written);
      return id && walk.feed.eligible(id).length > 0 ? [{ id, range: parseVersionRange(range) }] : [];
    });
  }

  /** Its list, and the package of the version that a restore would take, at one time where the list is not needed to tell which. */
  async #dependency(walk: Walk, id: PackageId, range: VersionRange | undefined, depth: number): Promise<void> {
    const { feed } = walk;
    const kept = range && (await this.#versions(feed, id));
    const isAlone = feed.eligible(id).length === 1;
    const blind = isAlone && range?.minInclusive === true ? range.min : undefined;
    const version = range && (kept ? lowestVersion(kept, range) : blind);
    const isChosen = version !== undefined && isAlone;
    if (isChosen) await this.#package(walk, new PackageIdentity(id, version), depth);
    await this.#list(walk, id);
    if (isChosen || !range) return;
    const told = await this.#versions(feed, id);
    const chosen = told && lowestVersion(told, range);
    if (chosen) await this.#package(walk, new PackageIdentity(id, chosen), depth);
  }

  /** Keys of all versions as the lists kept here tell them, ascending; `undefined` where a list is not kept. */
  async #versions(feed: Feed, id: PackageId): Promise<readonly string[] | undefined> {
    const members = feed.eligible(id);
    const told = await Promise.all(members.map((member) => member.kept(versionsFact, id)));
    if (told.some(({ answer }) => answer.kind !== 'found' && answer.kind !== 'missing')) return undefined;
    const lists = told.flatMap(({ answer }) => (answer.kind === 'found' ? [readVersions(answer.value).versions] : []));
    return lists.length > 1 ? [...new Set(lists.flat())].sort(compareVersionKeys) : (lists[0] ?? []);
  }

  async #list(walk: Walk, id: PackageId): Promise<void> {
    const place = `${walk.feed.name}/${id.key}`;
    if (this.#lists.has(place) || this.#askedLists.has(place)) return;
    this.#lists.note(place);
    await this.#ask(walk, versionsFact, id, `list ${place}`);
  }

  /** @param figure under which it counts; absent: it is no use by itself */
  async #ask<T>(walk: Walk, shape: FactShape<T>, id: PackageId, figure: string | undefined): Promise<void> {
    const { figures } = this.options;
    const guess = this.#newGuess(walk);
    if (!guess) return;
    if (figure) figures.begun(figure);
    let isHere = false;
    try {
      const told = await Promise.all(walk.feed.eligible(id).map((member) => member.ahead(shape, id, guess)));
      isHere = told.some((one) => one?.answer.kind === 'found');
    } finally {
      if (figure) figures.ended(figure, isHere);
      walk.done(guess);
    }
  }

  #newGuess(walk: Walk): Guess | undefined {
    return this.options.figures.counts.pending < maxPending ? walk.newGuess() : undefined;
  }

  /** Resolves when it is on its way, or is not to be fetched. */
  async #package(walk: Walk, identity: PackageIdentity, depth: number): Promise<void> {
    const { feed } = walk;
    const place = `${feed.name}/${identity.key}`;
    if (!walk.goesTo(depth) || this.#packages.has(place) || this.#expanded.has(place)) return;
    if (this.#recent.isEclipsed(feed, identity)) return;
    this.#packages.note(place);
    const groups = await this.#known.of(feed, identity);
    if (groups) await this.#expand(walk, identity, groups, depth);
    if (!(await this.options.hasRoom())) return;
    const guess = this.#newGuess(walk);
    if (!guess) return this.#packages.forget(place);
    const leave = this.#expectedWith(walk, identity.id, guess);
    const download = await this.options.packages.ahead(feed, identity, { guess, maxBytes }).catch((error: unknown) => {
      leave();
      throw error;
    });
    if (download instanceof Download) {
      this.#recent.note(feed, identity);
      this.#go(walk, () => this.#whenReceived(walk, download, depth));
    }
    if (download instanceof Download && download.isBegunWith(guess))
      this.#go(walk, () => this.#count(`package ${place}`, download).finally(leave));
    else leave();
  }

  async #count(figure: string, { outcome }: Download): Promise<void> {
    const { figures } = this.options;
    figures.begun(figure);
    figures.ended(figure, (await outcome).kind === 'found');
  }

  /** A client that asks for the list, or did so just now, asks for the package next. */
  #expectedWith(walk: Walk, id: PackageId, guess: Guess): () => void {
    const place = `${walk.feed.name}/${id.key}`;
    const others = this.#coming.get(place) ?? new Set<Guess>();
    this.#coming.set(place, others.add(guess));
    if (this.#askedLists.has(place, expectedWithinMs)) guess.expect();
    return () => {
      walk.done(guess);
      others.delete(guess);
      if (others.size === 0) this.#coming.delete(place);
    };
  }
}
