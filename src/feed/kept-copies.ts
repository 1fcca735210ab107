import { LRUCache } from 'lru-cache';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { DamagedCopies } from './damaged-copies.js';
import type { Feed } from './feed.js';
import type { ReadThrough } from './read-through.js';
import { DamagedBlobError } from './store.js';
import type { PackageContent, PackageRow, PackageStore, UnreadableError } from './store.js';
import type { StoreTrouble } from './store-trouble.js';

/** A package as it is kept here. */
export interface KeptCopy {
  readonly row: PackageRow;
  readonly content: PackageContent;
}

export interface KeptCopiesOptions {
  readonly store: PackageStore;
  readonly damaged: DamagedCopies;
  readonly trouble: StoreTrouble;
}

const maxUnreadable = 10_000;

/** The packages kept here as they are given out: to whom they may be given, and what becomes of those that cannot be read. */
export class KeptCopies {
  /** What the store could not read of late, by key: it is not tried again while the store is in trouble, or each answer would break off. */
  readonly #unreadable = new LRUCache<string, UnreadableError>({ max: maxUnreadable });

  constructor(private readonly options: KeptCopiesOptions) {}

  /** The package as kept, where it is and the feed may give it out. */
  async of(feed: Feed, identity: PackageIdentity): Promise<KeptCopy | undefined> {
    const row = await this.options.store.find(identity);
    if (!row || !supplierOf(row, feed)) return undefined;
    const content = await this.open(row);
    return content && { row, content };
  }

  /** @returns `undefined` when what is kept is damaged: then it is forgotten */
  async open(row: PackageRow): Promise<PackageContent | undefined> {
    try {
      return await this.options.store.open(row);
    } catch (error) {
      if (!(error instanceof DamagedBlobError)) throw error;
      await this.forgetDamaged(row, error);
      return undefined;
    }
  }

  /** Forgets bytes that proved damaged, so that the next request fetches good ones. */
  async forgetDamaged(row: PackageRow, error: DamagedBlobError): Promise<void> {
    await this.options.damaged.forget(row, error);
  }

  /** The store could not read bytes of it. */
  noteUnreadable({ identity }: PackageRow, unreadable: UnreadableError): void {
    this.#unreadable.set(identity.key, unreadable);
  }

  /** Why it is not to be read, until the store is well again. */
  unreadable({ key }: PackageIdentity): UnreadableError | undefined {
    if (this.#unreadable.size > 0 && this.options.trouble.reason === undefined) this.#unreadable.clear();
    return this.#unreadable.get(key);
  }
}

/** The source that supplied a kept package, in a feed that may ask it. A feed without it must not give the bytes out. */
export function supplierOf({ identity, source }: PackageRow, feed: Feed): ReadThrough | undefined {
  return feed.eligible(identity.id).find((member) => member.source.name === source);
}
