import type { ByteSource } from '../codec/byte-source.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Validators } from './source.js';

/** Where facts and packages are kept. Every implementation passes `test/contract/store.ts`. */
export interface Store {
  readonly facts: FactStore;
  readonly packages: PackageStore;
  stats(): Promise<StoreStats>;
  /** Whether writing works. While it does not, asking also makes the store look, every few seconds, whether the disk is well again. */
  health(): StoreHealth;
  /**
   * Says which packages may be evicted: those for which `isReplaceable` resolves to true, because a source can give them back. Until it
   * is called nothing is evicted.
   * @param begins at once where there is too much already, or not before something comes in or `gc` is called
   */
  evictWhere(isReplaceable: (row: PackageRow) => Promise<boolean>, begins?: 'at once' | 'when needed'): void;
  /** Frees the space of dead bytes, and evicts where the store takes more than it may. With `dryRun` only tells what would happen. */
  gc(options?: { readonly dryRun?: boolean }): Promise<GcReport>;
  /**
   * Tells others who find the store taken under which address its owner now serves.
   * @param token what they may show there: that they can read it proves that the store is theirs, too
   */
  announce?(url: string, token: string): Promise<void>;
  /** Finishes what was begun and lets go of the store. Idempotent. */
  close(): Promise<void>;
}

export interface StoreStats {
  /** Distinct ids among the packages kept. */
  readonly packages: number;
  /** Packages kept. */
  readonly versions: number;
  /** Bytes of the packages kept. */
  readonly bytes: number;
  /** Bytes that the store takes on disk. */
  readonly diskBytes: number;
  /** Bytes on disk that belong to no package any more. */
  readonly deadBytes: number;
  /** Cuts of the blob log. */
  readonly generations: number;
  /** Bytes of packages that were to be evicted and stayed, because no source can give them back. */
  readonly retainedBytes: number;
  /** Packages of which only the pin is kept. */
  readonly pins: number;
}

export interface StoreHealth {
  /** `degraded`: the last write failed, or something that is kept cannot be read just now. */
  readonly state: 'ok' | 'degraded';
  /** Why, for people. */
  readonly reason?: string;
}

/** What `gc` did, or would do. */
export interface GcReport {
  /** Bytes on disk. */
  readonly freedBytes: number;
  /** Packages. */
  readonly evicted: number;
  /** Packages that were written again elsewhere. */
  readonly moved: number;
  /** Bytes that could not be freed, because no source can give the packages back. */
  readonly retainedBytes: number;
  /** Cuts of the blob log that went. */
  readonly generations: number;
}

/** What sources said, each with its time and validators. Reading throws `UnreadableError`, and `DamagedFactError`. */
export interface FactStore {
  read(key: FactKey): Promise<Fact | undefined>;
  /** One part of the fact's body; `undefined` when the fact was replaced meanwhile: read it again. */
  readPart(fact: Fact, part: number): Promise<Buffer | undefined>;
  /** Replaces the fact as a whole; a reader sees the old one or the new one. */
  write(key: FactKey, fact: NewFact): Promise<Fact>;
  /** The source said that the fact still holds: only `checkedAtMs` moves. Nothing happens when it was replaced meanwhile. */
  confirm(fact: Fact, checkedAtMs: number): Promise<Fact>;
  /** The keys of all facts of a kind, those that say "missing" included. What is written meanwhile may be there or not. */
  list(kind: FactKind): AsyncIterable<FactKey>;
  /** Forgets a fact, however damaged: its source is asked again when it is next needed. */
  remove(key: FactKey): Promise<void>;
}

export type FactKind =
  'versions' | 'registration' | 'resources' | 'vulnerabilities' | 'signatures' | 'catalog' | 'uncompared';

export interface FactKey {
  /** The source's name. */
  readonly source: string;
  readonly kind: FactKind;
  /** A package id's key; empty for what concerns the source as a whole. */
  readonly name: string;
}

export interface NewFact {
  /** `missing`: the source itself said that there is no such thing. */
  readonly state: 'found' | 'missing';
  readonly checkedAtMs: number;
  readonly validators: Validators;
  /** Small JSON of the kind's own shape: what is needed without reading the body. */
  readonly head: unknown;
  /** Large bytes in the writer's own cut; each part at most a few hundred KiB. */
  readonly parts: readonly Buffer[];
}

export interface Fact {
  readonly key: FactKey;
  readonly state: 'found' | 'missing';
  /** When the source last said so, in ms since the epoch. */
  readonly checkedAtMs: number;
  readonly validators: Validators;
  readonly head: unknown;
  readonly partCount: number;
  /** CRC-32 of each part, where the store notes it. */
  readonly partChecksums?: readonly number[];
  /** Differs between two writes of one key. */
  readonly epoch: string;
}

/**
 * Whole packages, by identity. Nothing is visible here before its last byte and its record are durable. Whatever reads throws
 * `UnreadableError` where the disk refuses: nothing is known then, neither that a package is kept nor that it is not.
 */
export interface PackageStore {
  find(identity: PackageIdentity): Promise<PackageRow | undefined>;
  /**
   * The kept bytes. Reads throw `DamagedBlobError` when what is stored is not what was admitted, `MovedBlobError` when the package was
   * evicted since `row` was found, never once the first byte was given. Streams count as use of the package, which delays its eviction,
   * unless the purpose is to `inspect`.
   */
  open(row: PackageRow, purpose?: 'serve' | 'inspect'): Promise<PackageContent>;
  /**
   * Whether `find` would tell this same row, said at once out of memory: for who has its bytes at hand. `false` also where that is not
   * known: then it has to be found again. Counts as use of the package, as a stream of it does.
   */
  isCurrent(row: PackageRow): boolean;
  /** Begins a package; invisible until `commit`. @throws StoreFullError */
  begin(): IncomingPackage;
  /** Rows in order of key. */
  list(): AsyncIterable<PackageRow>;
  /** Rows of one id, in no particular order. */
  versionsOf(id: PackageId): Promise<readonly PackageRow[]>;
  readonly ids: KeptIds;
  /** Forgets the bytes of the package and keeps its pin. @returns whether there was one */
  remove(identity: PackageIdentity): Promise<boolean>;
  /** To which bytes the identity is bound: those that came first, kept here or not. */
  pinOf(identity: PackageIdentity): Promise<Pin | undefined>;
  /** The pins of packages that are not kept any more, of all or of one id, in order of key. */
  pins(id?: PackageId): AsyncIterable<PinnedPackage>;
  /** Forgets the package and its pin. @returns whether there was either */
  purge(identity: PackageIdentity): Promise<boolean>;
}

/** The bytes that first came under an identity. Other bytes are not kept under it, ever. */
export interface Pin {
  /** The source that supplied them, by name. */
  readonly source: string;
  /** Base64, of the whole file. */
  readonly sha512: string;
}

export interface PinnedPackage extends Pin {
  readonly identity: PackageIdentity;
}

/**
 * By what a package was admitted: the SHA-512 that its source publishes, the hash that its own signature was made over, the CRC-32 of all its
 * entries.
 */
export type Evidence = 'published-hash' | 'signature-hash' | 'entry-checksums';

/** The ids of the packages kept: in memory and always current, so that nobody has to read every row to know them. */
export interface KeptIds {
  readonly count: number;
  /** Up to `limit` ids above `after`, which need not be one: lower case, ascending. */
  following(after: string, limit: number): readonly string[];
  /** The names of the sources that supplied the packages of an id (lower case). */
  sourcesOf(id: string): readonly string[];
}

export interface PackageFacts {
  readonly identity: PackageIdentity;
  /** The source that supplied the bytes, by name. */
  readonly source: string;
  /** Base64, of the whole file. */
  readonly sha512: string;
  readonly cachedAtMs: number;
  /** HTTP date that the source gave. */
  readonly lastModified?: string;
  /** Absent in rows written before it was recorded. */
  readonly evidence?: readonly Evidence[];
}

export interface PackageRow extends PackageFacts {
  /** Bytes. */
  readonly size: number;
  /** The store's own way of finding the bytes. */
  readonly location: unknown;
}

export interface PackageContent extends ByteSource {
  /**
   * The bytes from `start` up to but not including `end`, in pieces of at most 256 KiB, one piece read ahead.
   * Pieces may be shared with other readers: never write into them.
   */
  stream(start?: number, end?: number): AsyncIterable<Buffer>;
}

/** Bytes for a while: they may be written over once they are released. */
export interface Loan {
  readonly bytes: Buffer;
  /** Idempotent. Without it the memory is lost to others, and nothing else. */
  release(): void;
}

export interface IncomingPackage {
  /** Bytes appended so far; every one of them can be read back at once. */
  readonly received: number;
  /** Takes a copy of `piece`; resolves when the writer is ready for more. @throws StoreFullError, or when the store cannot write */
  append(piece: Buffer): Promise<void>;
  /** Between 1 byte and `maxLength`, from `offset` < `received`, without waiting for the disk where they are recent. Shared: do not write into it. */
  peek(offset: number, maxLength: number): Promise<Buffer>;
  /** Like `peek` for who returns the bytes soon, and without waiting: nothing when they are no longer in memory. */
  lend(offset: number, maxLength: number): Loan | undefined;
  /**
   * Makes the package visible, once its bytes and its record are durable. Idempotent by identity: where a package of that identity
   * is there already, the kept one stays and is returned.
   *
   * @throws PinnedBytesError when none is kept and the identity is pinned to other bytes
   * @throws StoreFullError
   */
  commit(facts: PackageFacts): Promise<PackageRow>;
  /** Leaves nothing behind. Safe at any time, also after `commit` (then without effect). */
  abort(): Promise<void>;
}

/** Stored bytes that are not what was admitted: missing, short or altered. */
export class DamagedBlobError extends Error {
  override readonly name: string = 'DamagedBlobError';
}

/** The package was evicted after its row was found: find it again, or fetch it. */
export class MovedBlobError extends DamagedBlobError {
  override readonly name: string = 'MovedBlobError';
}

/** The store could not read what it keeps: its disk refused, and what lies there may be whole. The message says why, without paths. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** A kept fact of which a row or a part is not what was written. */
export class DamagedFactError extends Error {
  override readonly name = 'DamagedFactError';
}

/** The identity is pinned to other bytes than those that came. */
export class PinnedBytesError extends Error {
  override readonly name = 'PinnedBytesError';

  constructor(
    message: string,
    readonly pin: Pin,
  ) {
    super(message);
  }
}

/** The store may not grow and nothing in it may go. The message says what to do. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}

/** Another process owns the store. The message names it. */
export class StoreInUseError extends Error {
  override readonly name = 'StoreInUseError';
  /** Where that process serves, when it said so. */
  readonly ownerUrl: string | undefined;
  /** What opens all doors there: see `announce`. */
  readonly ownerToken: string | undefined;

  constructor(
    message: string,
    options?: ErrorOptions & { readonly ownerUrl?: string | undefined; readonly ownerToken?: string | undefined },
  ) {
    super(message, options);
    this.ownerUrl = options?.ownerUrl;
    this.ownerToken = options?.ownerToken;
  }
}
