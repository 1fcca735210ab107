import { LRUCache } from 'lru-cache';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { failed, found, missing, refused } from './answer.js';
import type { Answer } from './answer.js';
import { Coalesce } from './coalesce.js';
import type { DamagedCopies } from './damaged-copies.js';
import { Download } from './download.js';
import type { DownloadOptions } from './download.js';
import type { Feed } from './feed.js';
import { LaterProofs } from './later-proofs.js';
import { PassingMemory } from './passing-package.js';
import type { ReadThrough } from './read-through.js';
import { Refusals } from './refusals.js';
import type { RequestBudget } from './request-budget.js';
import type { SourceHealth } from './source-health.js';
import { claimsAllSigned } from './signatures-fact.js';
import { SigningHabit } from './signing-habit.js';
import { DamagedBlobError, UnreadableError } from './store.js';
import type { StoreTrouble } from './store-trouble.js';
import type { PackageContent, PackageRow, PackageStore, Pin } from './store.js';
import { onlyDamaged, toldOfDamage } from './told-of-damage.js';
import type { Source } from './source.js';
import { versionConflict } from './version-conflict.js';

/** A package that can be given to a client: kept here, or on its way. */
export type Offered =
  | { readonly kind: 'kept'; readonly row: PackageRow; readonly content: PackageContent }
  | { readonly kind: 'arriving'; readonly download: Download; readonly size?: number; readonly lastModified?: string };

export interface PackagesOptions {
  readonly store: PackageStore;
  readonly offline: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxPackageBytes: number;
  readonly trouble: StoreTrouble;
  /** Memory for packages on their way that the store cannot take, in bytes. */
  readonly passThroughBytes: number;
  readonly damaged: DamagedCopies;
  /** A source said that it does not have a package: documents that list it are untrue from now on. */
  readonly onAbsent?: (id: PackageId) => void;
  /** A client asks for a package. Called at each request: to be quick. */
  readonly onAsked?: (feed: Feed, identity: PackageIdentity) => void;
  /** What a client asked for is on its way. */
  readonly onComing?: (feed: Feed, download: Download) => void;
  /** A package came to be kept. */
  readonly onKept?: (row: PackageRow) => void;
  /** The time of one client's request; absent: as much as the sources take. */
  readonly newBudget?: () => RequestBudget;
  /** As in `DownloadOptions`. */
  readonly publishedGraceMs?: number;
}

/** A package as kept. */
export interface WholePackage {
  readonly row: PackageRow;
  readonly content: PackageContent;
  /** It was not kept before. */
  readonly fetched: boolean;
}

const maxSameBytes = 10_000;
const maxUnreadable = 10_000;

/** Reads packages through: what is kept is given at once, what is not is downloaded once however many ask. */
export class Packages {
  /** Downloads that came to nothing, for those who ask why. */
  readonly refusals = new Refusals();
  readonly #downloads = new Map<string, Download>();
  readonly #joins = new Coalesce<Download | PackageRow>();
  /** SHA-512 that a source was seen to supply too, of packages that are pinned to another source. */
  readonly #sameBytes = new LRUCache<string, string>({ max: maxSameBytes });

  /** What the store could not read of late, by key: it is not tried again while the store is in trouble, or each answer would break off. */
  readonly #unreadable = new LRUCache<string, UnreadableError>({ max: maxUnreadable });
  readonly #passingMemory: PassingMemory;
  readonly #signing = new SigningHabit();
  readonly #laterProofs: LaterProofs;

  constructor(private readonly options: PackagesOptions) {
    const { store, clock, log, passThroughBytes } = options;
    this.#passingMemory = new PassingMemory(passThroughBytes);
    this.#laterProofs = new LaterProofs({
      ...{ store, clock, log, refusals: this.refusals },
      isBusy: () => this.#downloads.size > 0,
    });
  }

  get offline(): boolean {
    return this.options.offline;
  }

  async open(feed: Feed, identity: PackageIdentity, budget = this.options.newBudget?.()): Promise<Answer<Offered>> {
    this.options.onAsked?.(feed, identity);
    return toldOfDamage(
      this.options.damaged,
      identity,
      await this.#open(feed, identity, budget).catch((error: unknown) => {
        if (!(error instanceof UnreadableError)) throw error;
        // It may be kept, and be bound to bytes that are not known now.
        return failed({ code: 'store-failed', detail: `${error.message}; ${identity.toString()} cannot be looked up` });
      }),
    );
  }

  /**
   * A kept package whose bytes the store cannot read just now, anew from the source that had supplied it: the same bytes or none. It is
   * passed on; what is kept stays as it is.
   */
  async passOn(
    feed: Feed,
    row: PackageRow,
    unreadable: UnreadableError,
    budget = this.options.newBudget?.(),
  ): Promise<Answer<Offered>> {
    const { identity } = row;
    this.noteUnreadable(row, unreadable);
    const untold = (why: string) =>
      failed({
        ...{ code: 'store-failed' as const, source: row.source },
        detail: `${unreadable.message}; ${identity.toString()} is kept, and cannot be had from ${row.source} meanwhile: ${why}`,
      });
    const member = feed.eligible(identity.id).find(({ source }) => source.name === row.source);
    if (this.options.offline || !member) return untold(this.options.offline ? 'offline' : 'it may not be asked for it');
    const running = this.#downloads.get(`${row.source}/${identity.key}`);
    running?.want();
    const download = running ?? this.#begin(member, identity, { source: row.source, sha512: row.sha512 });
    const offered = await this.#offerArriving(download, member.health, budget);
    if (offered.kind === 'found') return offered;
    return untold(offered.kind === 'missing' ? 'it has it no more' : offered.reason.detail);
  }

  async #open(feed: Feed, identity: PackageIdentity, budget: RequestBudget | undefined): Promise<Answer<Offered>> {
    // A feed without the source that supplied the bytes must not give them out.
    const kept = await this.kept(feed, identity);
    const unreadable = kept && this.#knownUnreadable(identity);
    if (unreadable) return this.passOn(feed, kept.row, unreadable, budget);
    if (kept) return found({ kind: 'kept', ...kept });
    const eligible = feed.eligible(identity.id);
    if (eligible.length === 0) return missing;
    if (this.options.offline)
      return failed({ code: 'offline-miss', detail: `offline, and ${identity.toString()} is not kept here` });
    return this.#fetch(feed, identity, eligible, budget);
  }

  /** The package as kept, where it is and the feed may give it out. Nothing is fetched. */
  async kept(
    feed: Feed,
    identity: PackageIdentity,
  ): Promise<{ readonly row: PackageRow; readonly content: PackageContent } | undefined> {
    const row = await this.options.store.find(identity);
    if (!row || !feed.eligible(identity.id).some(({ source }) => source.name === row.source)) return undefined;
    const content = await this.#content(row);
    return content && { row, content };
  }

  /**
   * Whether a row that `open` told as kept is still what it would offer that feed, said at once: for who has the bytes in memory.
   * What a feed may give out of what is kept is decided in `kept` and does not change while the row does not.
   */
  isStillKept(row: PackageRow): boolean {
    return this.options.store.isCurrent(row);
  }

  /** The package as kept, after its download where it was not. */
  async whole(
    feed: Feed,
    identity: PackageIdentity,
    budget = this.options.newBudget?.(),
  ): Promise<Answer<WholePackage>> {
    return this.#whole(identity, await this.open(feed, identity, budget), budget);
  }

  async #whole(
    identity: PackageIdentity,
    offered: Answer<Offered>,
    budget: RequestBudget | undefined,
  ): Promise<Answer<WholePackage>> {
    if (offered.kind !== 'found') return offered;
    if (offered.value.kind === 'kept') return found({ ...offered.value, fetched: false });
    const { download } = offered.value;
    const outcome = await (budget?.wait(download.outcome, () => failed(budget.usedUp(download.source))) ??
      download.outcome);
    if (outcome.kind !== 'found') return toldOfDamage(this.options.damaged, identity, outcome);
    const content = download.isPassing ? await download.open(outcome.value) : await this.#content(outcome.value);
    if (!content) return failed(onlyDamaged(identity));
    // Where the same bytes were kept before, the row names their source, of which this feed need not know.
    return found({ row: { ...outcome.value, source: download.source }, content, fetched: true });
  }

  /**
   * Reads something out of the package. Where the kept bytes prove damaged they are forgotten and the package is fetched anew, once; where
   * the store cannot read them, it is read out of the package as its source sends it.
   * @throws what `read` throws, damage that shows a second time included
   */
  async read<T>(feed: Feed, identity: PackageIdentity, read: (whole: WholePackage) => Promise<T>): Promise<Answer<T>> {
    const budget = this.options.newBudget?.();
    let passing: Answer<Offered> | undefined;
    for (let attempt = 1; ; attempt++) {
      const whole = await (passing ? this.#whole(identity, passing, budget) : this.whole(feed, identity, budget));
      passing = undefined;
      if (whole.kind !== 'found') return whole;
      try {
        return found(await read(whole.value));
      } catch (error) {
        if (error instanceof UnreadableError && attempt === 1) {
          passing = await this.passOn(feed, whole.value.row, error, budget);
          continue;
        }
        if (!(error instanceof DamagedBlobError)) throw error;
        await this.forgetDamaged(whole.value.row, error);
        if (attempt === 2) return failed(onlyDamaged(identity));
      }
    }
  }

  /** The store could not read bytes of it: until the store is well again it is passed on from its source. */
  noteUnreadable({ identity }: PackageRow, unreadable: UnreadableError): void {
    this.#unreadable.set(identity.key, unreadable);
  }

  #knownUnreadable({ key }: PackageIdentity): UnreadableError | undefined {
    if (this.#unreadable.size > 0 && this.options.trouble.reason === undefined) this.#unreadable.clear();
    return this.#unreadable.get(key);
  }

  /** Of a source that nothing came from yet, the first package will tell: the others that are begun meanwhile are not asked about. */
  #isUsuallySigned({ name }: Source): boolean {
    return this.#signing.isUsual(name) ?? [...this.#downloads.values()].some(({ source }) => source === name);
  }

  /** Forgets bytes that proved damaged, so that the next request fetches good ones. */
  async forgetDamaged(row: PackageRow, error: DamagedBlobError): Promise<void> {
    await this.options.damaged.forget(row, error);
  }

  /** @returns `undefined` when what is kept is damaged: then it is forgotten */
  async #content(row: PackageRow): Promise<PackageContent | undefined> {
    try {
      return await this.options.store.open(row);
    } catch (error) {
      if (!(error instanceof DamagedBlobError)) throw error;
      await this.forgetDamaged(row, error);
      return undefined;
    }
  }

  async #offerKept(row: PackageRow): Promise<Answer<Offered>> {
    const content = await this.#content(row);
    return content ? found({ kind: 'kept', row, content }) : failed(onlyDamaged(row.identity));
  }

  /** Fetches a package from that source, without asking who owns it: for one that this source supplied before. */
  async refetch(member: ReadThrough, identity: PackageIdentity): Promise<Answer<PackageRow>> {
    if (this.options.offline)
      return failed({ code: 'offline-miss', detail: `offline: ${identity.toString()} is not fetched again` });
    const joined = await this.#joined(member, identity);
    return joined instanceof Download ? joined.outcome : found(joined);
  }

  /** Settles when no download is under way; nothing is looked up later on. */
  async close(): Promise<void> {
    this.#laterProofs.close();
    await this.idle();
  }

  /** Settles when no download is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#downloads.values()].map(({ outcome }) => outcome));
  }

  /** From the owner; the next in order is asked only when a source itself said "there is no such thing". */
  async #fetch(
    feed: Feed,
    identity: PackageIdentity,
    eligible: readonly ReadThrough[],
    budget: RequestBudget | undefined,
  ): Promise<Answer<Offered>> {
    for (;;) {
      const next = await this.#nextToAsk(feed, identity, eligible, budget);
      if (next.kind !== 'found') return next;
      const offered = await this.#from(feed, next.value, identity, budget);
      if (offered.kind !== 'missing') return offered;
      next.value.absent.note(identity);
      this.options.onAbsent?.(identity.id);
    }
  }

  async #from(
    feed: Feed,
    member: ReadThrough,
    identity: PackageIdentity,
    budget: RequestBudget | undefined,
  ): Promise<Answer<Offered>> {
    const { store } = this.options;
    const pinned = await store.find(identity);
    if (pinned && pinned.source !== member.source.name) return this.#pinnedElsewhere(member, pinned);
    const download = await this.#joined(member, identity);
    if (!(download instanceof Download)) return this.#offerKept(download);
    this.options.onComing?.(feed, download);
    const offered = await this.#offerArriving(download, member.health, budget);
    return download.isFailedGuess ? this.#from(feed, member, identity, budget) : offered;
  }

  /**
   * The package is kept, from a source that this feed does not have. Its bytes may be given out only where this source has the very same,
   * by the hash that it publishes or by its own copy, which is looked at whole before a byte is sent. Other bytes are refused: one id and
   * version is one package in this house.
   */
  async #pinnedElsewhere(member: ReadThrough, pinned: PackageRow): Promise<Answer<Offered>> {
    const { log } = this.options;
    const { identity, sha512 } = pinned;
    const { name } = member.source;
    const proof = `${name}/${identity.key}`;
    if (this.#sameBytes.get(proof) !== sha512) {
      const published = await member.publishedHash(identity);
      if (published.kind === 'found' && published.value.sha512 !== sha512) {
        const about = { id: identity.id.text, version: identity.version.normalized };
        log.error(
          { ...about, source: name, sha512: published.value.sha512, pinned: { source: pinned.source, sha512 } },
          'a source publishes other bytes for a package that is pinned to another source: refused',
        );
        return refused(versionConflict(identity, name));
      }
      if (published.kind !== 'found') {
        const download = await this.#joined(member, identity);
        const outcome = download instanceof Download ? await download.outcome : undefined;
        if (outcome && outcome.kind !== 'found') return outcome;
      }
      this.#sameBytes.set(proof, sha512);
    }
    return this.#offerKept({ ...pinned, source: name });
  }

  /**
   * Begins to fetch a package that nobody asked for, or finds that it is here or on its way. Nothing is remembered of a source that does not
   * have it, and no kept package is doubted for it.
   * @returns `undefined` when it is not to be fetched
   */
  async ahead(feed: Feed, identity: PackageIdentity, ahead: NonNullable<DownloadOptions['ahead']>) {
    const { offline, store, trouble } = this.options;
    const eligible = feed.eligible(identity.id);
    const row = await store.find(identity);
    if (row) return eligible.some(({ source }) => source.name === row.source) ? row : undefined;
    if (offline || trouble.reason !== undefined) return undefined;
    const next = await this.#nextToAsk(feed, identity, eligible, undefined);
    if (next.kind !== 'found' || !next.value.mayGuess) return undefined;
    return this.#joined(next.value, identity, ahead);
  }

  /** For a client; with `ahead`, for nobody yet. */
  async #joined(
    member: ReadThrough,
    identity: PackageIdentity,
    ahead?: DownloadOptions['ahead'],
  ): Promise<Download | PackageRow> {
    const key = `${member.source.name}/${identity.key}`;
    const joined = await this.#joins.run(key, () => this.#join(member, identity, ahead));
    if (!ahead && joined instanceof Download) joined.want();
    return joined;
  }

  /**
   * The download under way, the row it left, or a new download. Downloads are let go after their row is durable, so looking for the
   * download first and for the row second misses neither; only one such look per package runs at a time.
   */
  async #join(
    member: ReadThrough,
    identity: PackageIdentity,
    ahead: DownloadOptions['ahead'],
  ): Promise<Download | PackageRow> {
    const { name } = member.source;
    const running = this.#downloads.get(`${name}/${identity.key}`);
    if (running && !running.isFailedGuess) return running;
    const row = await this.options.store.find(identity);
    return row?.source === name ? row : this.#begin(member, identity, undefined, ahead);
  }

  /**
   * The owner; where no list has the version, the first eligible source in order (a list may lag behind). Not those that said they do not
   * have the package.
   */
  async #nextToAsk(
    feed: Feed,
    { id, version }: PackageIdentity,
    eligible: readonly ReadThrough[],
    budget: RequestBudget | undefined,
  ): Promise<Answer<ReadThrough>> {
    const left = eligible.filter(({ absent }) => !absent.of(id).has(version.key));
    const [first] = left;
    if (!first) return missing;
    if (eligible.length === 1) return found(first);
    const versions = await feed.ownedVersions(id, budget);
    if (versions.kind === 'failed' || versions.kind === 'refused') return versions;
    const owner =
      versions.kind === 'found' ? versions.value.find((one) => one.version === version.key)?.source : undefined;
    return found(left.find(({ source }) => source.name === owner) ?? first);
  }

  /** A download once its first bytes told what it is, as far as the client waits for them; it goes on. */
  async #offerArriving(
    download: Download,
    health: SourceHealth,
    budget: RequestBudget | undefined,
  ): Promise<Answer<Offered>> {
    const opening = health.orAway(download.opened, (away) => failed(away));
    const usedUp = () => failed(health.paused() ?? (budget as RequestBudget).usedUp(download.source, health.waiting));
    const opened = await (budget ? budget.wait(opening, usedUp) : opening);
    return opened.kind === 'found' ? found({ kind: 'arriving', download, ...opened.value }) : opened;
  }

  #begin(member: ReadThrough, identity: PackageIdentity, passesAs?: Pin, ahead?: DownloadOptions['ahead']): Download {
    const { store, clock, log, maxPackageBytes, trouble, publishedGraceMs } = this.options;
    const { source, health } = member;
    const key = `${source.name}/${identity.key}`;
    const download = new Download({
      ...{ source, identity, packages: store, trouble, passingMemory: this.#passingMemory },
      ...{ clock, log, maxPackageBytes, passesAs, ahead },
      publishedHash: () => member.publishedHash(identity, ahead && { urgency: ahead.guess }),
      isUsuallySigned: this.#isUsuallySigned(source),
      isClaimedSigned: () => claimsAllSigned(member),
      ...(publishedGraceMs !== undefined && { publishedGraceMs }),
      isDoubted: this.#laterProofs.isDoubted(source.name, identity),
      onUncompared: (row, publishing) => {
        if (publishing) void this.#laterProofs.compare(row, publishing);
        else this.#laterProofs.add(row, () => member.publishedHash(identity, { standsBack: true }));
      },
    });
    this.#downloads.set(key, download);
    this.#laterProofs.moved();
    void download.outcome.then((outcome) => {
      this.#laterProofs.moved();
      if (this.#downloads.get(key) === download) this.#downloads.delete(key);
      const { isOnlyGuess } = download;
      if (!isOnlyGuess) this.refusals.note(identity, source.name, outcome, clock.now());
      const about = { source: source.name, id: identity.id.text, version: identity.version.normalized };
      if (outcome.kind === 'found' && download.isPassing) log.debug(about, 'package passed on without being kept');
      else if (outcome.kind === 'found') {
        this.options.damaged.heal(identity);
        this.#signing.note(outcome.value);
        this.options.onKept?.(outcome.value);
        log.debug({ ...about, bytes: outcome.value.size }, 'package kept');
      } else if (outcome.kind !== 'missing')
        log[!isOnlyGuess && health.isNews(outcome.reason) ? 'warn' : 'debug'](
          { ...about, code: outcome.reason.code },
          outcome.reason.detail,
        );
    });
    return download;
  }
}
