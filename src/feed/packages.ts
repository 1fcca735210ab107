import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { failed, found, missing } from './answer.js';
import type { Answer } from './answer.js';
import { Download } from './download.js';
import { Downloads } from './downloads.js';
import type { DownloadsOptions } from './downloads.js';
import type { Feed } from './feed.js';
import type { Ahead } from './guessed-download.js';
import { KeptCopies, supplierOf } from './kept-copies.js';
import type { KeptCopy } from './kept-copies.js';
import { nextSource } from './next-source.js';
import { offerArriving } from './offered.js';
import type { Offered } from './offered.js';
import type { ReadThrough } from './read-through.js';
import type { Refusals } from './refusals.js';
import type { RequestBudget } from './request-budget.js';
import { SameBytes } from './same-bytes.js';
import { SourcesInTurn } from './sources-in-turn.js';
import { DamagedBlobError, UnreadableError } from './store.js';
import type { PackageRow } from './store.js';
import { onlyDamaged, toldOfDamage } from './told-of-damage.js';

export interface PackagesOptions extends DownloadsOptions {
  readonly offline: boolean;
  /** A source said that it does not have a package: documents that list it are untrue from now on. */
  readonly onAbsent?: (id: PackageId) => void;
  /** A client asks for a package. Called at each request: to be quick. */
  readonly onAsked?: (feed: Feed, identity: PackageIdentity) => void;
  /** What a client asked for is on its way. */
  readonly onComing?: (feed: Feed, download: Download) => void;
  /** The time of one client's request; absent: as much as the sources take. */
  readonly newBudget?: () => RequestBudget;
}

/** A package as kept. */
export interface WholePackage extends KeptCopy {
  /** It was not kept before. */
  readonly fetched: boolean;
}

/** Reads packages through: what is kept is given at once, what is not is downloaded once however many ask. */
export class Packages {
  readonly #copies: KeptCopies;
  readonly #downloads: Downloads;
  readonly #sources: SourcesInTurn;

  constructor(private readonly options: PackagesOptions) {
    const { store, log, onAbsent, onComing } = options;
    const copies = new KeptCopies(options);
    const downloads = new Downloads(options);
    this.#copies = copies;
    this.#downloads = downloads;
    this.#sources = new SourcesInTurn({
      ...{ store, copies, downloads, sameBytes: new SameBytes({ downloads, log }) },
      ...(onAbsent && { onAbsent }),
      ...(onComing && { onComing }),
    });
  }

  get offline(): boolean {
    return this.options.offline;
  }

  /** Downloads that came to nothing, for those who ask why. */
  get refusals(): Refusals {
    return this.#downloads.refusals;
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
    const { identity, source, sha512 } = row;
    this.noteUnreadable(row, unreadable);
    const untold = (why: string) =>
      failed({
        ...{ code: 'store-failed' as const, source },
        detail: `${unreadable.message}; ${identity.toString()} is kept, and cannot be had from ${source} meanwhile: ${why}`,
      });
    const member = supplierOf(row, feed);
    if (this.options.offline || !member) return untold(this.options.offline ? 'offline' : 'it may not be asked for it');
    const download = this.#downloads.passOn(member, identity, { source, sha512 });
    const offered = await offerArriving(download, member.health, budget);
    if (offered.kind === 'found') return offered;
    return untold(offered.kind === 'missing' ? 'it has it no more' : offered.reason.detail);
  }

  async #open(feed: Feed, identity: PackageIdentity, budget: RequestBudget | undefined): Promise<Answer<Offered>> {
    const kept = await this.kept(feed, identity);
    const unreadable = kept && this.#copies.unreadable(identity);
    if (unreadable) return this.passOn(feed, kept.row, unreadable, budget);
    if (kept) return found({ kind: 'kept', ...kept });
    const eligible = feed.eligible(identity.id);
    if (eligible.length === 0) return missing;
    if (this.options.offline)
      return failed({ code: 'offline-miss', detail: `offline, and ${identity.toString()} is not kept here` });
    return this.#sources.fetch(feed, identity, eligible, budget);
  }

  /** The package as kept, where it is and the feed may give it out. Nothing is fetched. */
  kept(feed: Feed, identity: PackageIdentity): Promise<KeptCopy | undefined> {
    return this.#copies.of(feed, identity);
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
    const content = download.isPassing ? await download.open(outcome.value) : await this.#copies.open(outcome.value);
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
  noteUnreadable(row: PackageRow, unreadable: UnreadableError): void {
    this.#copies.noteUnreadable(row, unreadable);
  }

  /** Forgets bytes that proved damaged, so that the next request fetches good ones. */
  forgetDamaged(row: PackageRow, error: DamagedBlobError): Promise<void> {
    return this.#copies.forgetDamaged(row, error);
  }

  /** Fetches a package from that source, without asking who owns it: for one that this source supplied before. */
  async refetch(member: ReadThrough, identity: PackageIdentity): Promise<Answer<PackageRow>> {
    if (this.options.offline)
      return failed({ code: 'offline-miss', detail: `offline: ${identity.toString()} is not fetched again` });
    const joined = await this.#downloads.join(member, identity);
    return joined instanceof Download ? joined.outcome : found(joined);
  }

  /**
   * Begins to fetch a package that nobody asked for, or finds that it is here or on its way. Nothing is remembered of a source that does not
   * have it, and no kept package is doubted for it.
   * @returns `undefined` when it is not to be fetched
   */
  async ahead(feed: Feed, identity: PackageIdentity, ahead: Ahead): Promise<Download | PackageRow | undefined> {
    const { offline, store, trouble } = this.options;
    const row = await store.find(identity);
    if (row) return supplierOf(row, feed) && row;
    if (offline || trouble.reason !== undefined) return undefined;
    const next = await nextSource(feed, identity, feed.eligible(identity.id), undefined);
    if (next.kind !== 'found' || !next.value.mayGuess) return undefined;
    return this.#downloads.join(next.value, identity, ahead);
  }

  /** Goes on comparing, in the background, what an earlier run kept of these sources with what they publish. */
  resume(members: Iterable<ReadThrough>): void {
    if (!this.offline) for (const member of members) void this.#downloads.resume(member);
  }

  /** Settles when no download is under way; nothing is looked up later on. */
  close(): Promise<void> {
    return this.#downloads.close();
  }

  /** Settles when no download is under way. */
  idle(): Promise<void> {
    return this.#downloads.idle();
  }
}
