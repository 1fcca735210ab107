import type { CatalogEvent } from '../nuget/catalog-event.js';
import type { CommitTime } from '../nuget/commit-time.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { PackageVulnerabilities } from '../nuget/known-vulnerability.js';
import type { PackageVersion } from '../nuget/package-version.js';
import type { RegistrationLeaf } from '../nuget/registration-leaf.js';
import type { SigningCertificate } from '../nuget/repository-signatures.js';
import type { SearchHit } from '../nuget/search-hit.js';
import type { SearchQuery, SearchWindow } from '../nuget/search-query.js';
import type { Answer, Reason } from './answer.js';

/**
 * A configured origin of packages, whatever its protocol. Implementations never throw for what a source does: they answer.
 * They throw only when `ask.signal` is aborted (with its reason).
 */
export interface Source {
  readonly name: string;
  /** For people: without user info. */
  readonly url: string;
  /** How long its answers are taken as true where it can be asked at less cost than the configuration supposes: the shorter counts. */
  readonly lifetimes?: SourceLifetimes;

  /** All versions of one id, listed or not, SemVer2 included. */
  versions(id: PackageId, ask: Ask): Promise<SourceAnswer<VersionListing>>;

  /** All registration leaves of one id, external pages included, as facts in our own form. */
  registration(id: PackageId, ask: Ask): Promise<SourceAnswer<RegistrationListing>>;

  /** Opens the package's bytes. The caller must read `bytes` to the end or destroy it. */
  download(identity: PackageIdentity, ask: Ask): Promise<Answer<PackageBytes>>;

  /** The SHA-512 that the source publishes for a package; `missing` when this source publishes none. */
  publishedHash(identity: PackageIdentity, ask: Ask): Promise<Answer<PublishedHash>>;

  /** Which of the optional resources below it offers. A source of a protocol that knows none of them leaves all three out. */
  offers?(ask: Ask): Promise<Answer<OfferedResources>>;

  /**
   * All known vulnerabilities that it tells of; `missing` when it offers no such resource.
   * @param kept the pages that are kept of it: those that have not changed need not come again
   */
  vulnerabilities?(ask: Ask, kept: readonly VulnerabilityPageMark[]): Promise<SourceAnswer<VulnerabilityListing>>;

  /** How it signs packages; `missing` when it offers no such resource. */
  repositorySignatures?(ask: Ask): Promise<SourceAnswer<RepositorySignatures>>;

  /**
   * A page of the source's own search; `missing` when it offers none, as does a source without this method. The page may be shorter or
   * longer than asked for: servers have limits of their own, and some ignore the window or the query's choices.
   */
  search?(query: SearchQuery, window: SearchWindow, ask: Ask): Promise<Answer<SearchPage>>;

  /** Ids that begin with the query's text, as the source's own completion tells; `missing` when it offers none. */
  autocomplete?(query: SearchQuery, window: SearchWindow, ask: Ask): Promise<Answer<CompletionPage>>;

  /**
   * What its catalog tells since a place in it; `missing` when it has none, as does a source without this method. What was told before may
   * be told again.
   */
  catalog?(question: CatalogQuestion, ask: Ask): Promise<Answer<CatalogNews>>;

  /**
   * Asks at little cost whether it answers at all, past everything that is remembered of it: `failed` when it does not. A source without
   * this method is asked in earnest instead.
   */
  probe?(ask: Ask): Promise<Answer<unknown>>;

  close(): Promise<void>;
}

/** A place in a catalog. */
export interface CatalogPlace {
  /** Of the catalog. */
  readonly url: string;
  /** What is not newer was read. */
  readonly after: CommitTime;
}

export interface CatalogQuestion {
  /** Absent: from now on. */
  readonly since?: CatalogPlace;
  /** How far before the catalog's end to begin where there is no such place, or where it is too far back, in milliseconds. */
  readonly lookBackMs: number;
  /** Where more pages than these have news, the place is too far back. */
  readonly maxPages: number;
  /** What pretends to be later is not believed, in ms since the epoch. */
  readonly notAfterMs: number;
}

export interface CatalogNews {
  /** Of the catalog. */
  readonly url: string;
  /** Everything up to here was read. */
  readonly cursor: CommitTime;
  /** In the order of their commits. */
  readonly events: readonly CatalogEvent[];
  /** Whether that is all since the place that was asked for. */
  readonly isWhole: boolean;
  /** What could not be read, shortened, some of it. */
  readonly junk: readonly string[];
}

/** In milliseconds, as in `Lifetimes`. */
export interface SourceLifetimes {
  readonly versionsMs: number;
  readonly registrationMs: number;
  readonly missingMs: number;
}

export interface SearchPage {
  /** In the source's order. What names no package is left out. */
  readonly hits: readonly SearchHit[];
  /** How many elements the page had, those left out included. */
  readonly count: number;
  /** As the source says; absent when it does not. */
  readonly totalHits?: number;
  /** Size as received, decoded: what keeping it costs grows with it. */
  readonly bytes: number;
}

export interface CompletionPage {
  readonly ids: readonly PackageId[];
  readonly count: number;
  readonly totalHits?: number;
  readonly bytes: number;
}

/** How badly an answer is wanted. What begins as a guess may become urgent while it waits for its turn. */
export interface Urgency {
  /** A guess: it takes only places that nobody waits for. */
  readonly isAhead: boolean;
  /** A client waits for the answer. */
  readonly isWanted: boolean;
  /** Where asking has not begun yet, it is not to begin any more. */
  readonly isGivenUp: boolean;
  /** Calls `run` whenever one of these changes. @returns calls that off */
  onChange(run: () => void): () => void;
}

export interface Ask {
  readonly signal?: AbortSignal;
  /** Absent: a client waits. */
  readonly urgency?: Urgency;
  /** Others that wait for an answer go first, and three quarters of the places are left to them. */
  readonly standsBack?: boolean;
  /** Validators of the copy we hold: the source may then answer `unchanged`. */
  readonly validators?: Validators;
}

/** Replayed byte for byte, never parsed (nuget.org's ETags change form for the same document). */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type SourceAnswer<T> = Answer<Fetched<T>> | { readonly kind: 'unchanged' };

export interface Fetched<T> {
  readonly value: T;
  readonly validators: Validators;
}

export interface VersionListing {
  /** Ascending, without duplicates (first wins). */
  readonly versions: readonly PackageVersion[];
  /** Version strings that NuGet cannot read: dropped, and told. One such string would kill the id for every client. */
  readonly unparsable: readonly string[];
}

export interface RegistrationListing {
  /** Ascending by version, without duplicates (first wins). */
  readonly leaves: readonly RegistrationLeaf[];
  readonly unparsable: readonly string[];
}

export interface OfferedResources {
  readonly vulnerabilities: boolean;
  readonly repositorySignatures: boolean;
}

export interface VulnerabilityListing {
  /** In the source's order: a base, then what came since. The same advisory may stand in several. */
  readonly pages: readonly VulnerabilityPage[];
  /** Entries that NuGet cannot read: dropped, and told. One of them would take the page from every client. */
  readonly unparsable: readonly string[];
}

/** How a page is told from an older form of it. */
export interface VulnerabilityPageMark {
  /** Absolute. */
  readonly url: string;
  /** ISO 8601 in UTC: what the source's index said, else when it was read. */
  readonly updated: string;
  readonly validators: Validators;
}

export interface VulnerabilityPage extends VulnerabilityPageMark {
  /** Distinct ids; the place among `kept` of a page that still holds. */
  readonly packages: readonly PackageVulnerabilities[] | { readonly unchanged: number };
}

export interface RepositorySignatures {
  readonly allRepositorySigned: boolean;
  readonly certificates: readonly PublishedCertificate[];
  readonly unparsable: readonly string[];
}

export interface PublishedCertificate {
  readonly facts: SigningCertificate;
  /** DER; absent when the source names an address and has nothing fitting there. */
  readonly bytes?: Buffer;
}

export interface PackageBytes {
  /** As announced by the source; absent when it did not say. */
  readonly size?: number;
  readonly lastModified?: string;
  /** Decoded bytes in the order of the package. Ends cleanly only when the source ended cleanly and kept its word on size. */
  readonly bytes: AsyncIterable<Buffer> & { destroy(error?: Error): unknown };
}

export interface PublishedHash {
  /** Base64, as in lock files. */
  readonly sha512: string;
}

/** How an iteration over `PackageBytes.bytes` breaks off: carries the reason to tell. */
export class SourceBrokeOff extends Error {
  override readonly name = 'SourceBrokeOff';
  constructor(readonly reason: Reason) {
    super(reason.detail);
  }
}
