import type { ByteSource } from '../codec/byte-source.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Validators } from './source.js';

/** Where facts and packages are kept. Every implementation passes `test/contract/store.ts`. */
export interface Store {
  readonly facts: FactStore;
  readonly packages: PackageStore;
  stats(): Promise<StoreStats>;
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
}

/** What sources said, each with its time and validators. */
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

export type FactKind = 'versions' | 'registration' | 'resources' | 'vulnerabilities' | 'signatures' | 'catalog';

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
  /** Differs between two writes of one key. */
  readonly epoch: string;
}

/** Whole packages, by identity. Nothing is visible here before its last byte and its record are durable. */
export interface PackageStore {
  find(identity: PackageIdentity): Promise<PackageRow | undefined>;
  /** The kept bytes. Reads throw `DamagedBlobError` when what is stored is not what was admitted. */
  open(row: PackageRow): Promise<PackageContent>;
  /** Begins a package; invisible until `commit`. */
  begin(): IncomingPackage;
  /** Rows in order of key. */
  list(): AsyncIterable<PackageRow>;
  /** Rows of one id, in no particular order. */
  versionsOf(id: PackageId): Promise<readonly PackageRow[]>;
  readonly ids: KeptIds;
  /** Forgets the package. @returns whether there was one */
  remove(identity: PackageIdentity): Promise<boolean>;
  /** What an id and version was first supplied as, kept or not kept any more; absent in a store that does not remember it. */
  pinOf?(identity: PackageIdentity): Promise<Pin | undefined>;
}

/** The bytes that an id and version stands for in this house. */
export interface Pin {
  /** The source that first supplied them, by name. */
  readonly source: string;
  /** Base64. */
  readonly sha512: string;
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
  /** Takes a copy of `piece`; resolves when the writer is ready for more. @throws when the store cannot write */
  append(piece: Buffer): Promise<void>;
  /** Between 1 byte and `maxLength`, from `offset` < `received`, without waiting for the disk where they are recent. Shared: do not write into it. */
  peek(offset: number, maxLength: number): Promise<Buffer>;
  /** Like `peek` for who returns the bytes soon, and without waiting: nothing when they are no longer in memory. */
  lend(offset: number, maxLength: number): Loan | undefined;
  /**
   * Makes the package visible, once its bytes and its record are durable. Idempotent by identity: where a package of that identity
   * is there already, the kept one stays and is returned.
   */
  commit(facts: PackageFacts): Promise<PackageRow>;
  /** Leaves nothing behind. Safe at any time, also after `commit` (then without effect). */
  abort(): Promise<void>;
}

/** Stored bytes that are not what was admitted: missing, short or altered. */
export class DamagedBlobError extends Error {
  override readonly name = 'DamagedBlobError';
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
