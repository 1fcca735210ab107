import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { failed, found } from './answer.js';
import type { Answer } from './answer.js';
import { Download } from './download.js';
import type { Downloads } from './downloads.js';
import type { Feed } from './feed.js';
import type { KeptCopies } from './kept-copies.js';
import { nextSource } from './next-source.js';
import { offerArriving } from './offered.js';
import type { Offered } from './offered.js';
import type { ReadThrough } from './read-through.js';
import type { RequestBudget } from './request-budget.js';
import type { SameBytes } from './same-bytes.js';
import type { PackageRow, PackageStore } from './store.js';
import { onlyDamaged } from './told-of-damage.js';

export interface SourcesInTurnOptions {
  readonly store: PackageStore;
  readonly copies: KeptCopies;
  readonly downloads: Downloads;
  readonly sameBytes: SameBytes;
  /** A source said that it does not have a package: documents that list it are untrue from now on. */
  readonly onAbsent?: (id: PackageId) => void;
  /** What a client asked for is on its way. */
  readonly onComing?: (feed: Feed, download: Download) => void;
}

/** Fetches a package from the owner; the next in order is asked only when a source itself said "there is no such thing". */
export class SourcesInTurn {
  constructor(private readonly options: SourcesInTurnOptions) {}

  /** @param eligible the feed's sources that may be asked for it, in order */
  async fetch(
    feed: Feed,
    identity: PackageIdentity,
    eligible: readonly ReadThrough[],
    budget: RequestBudget | undefined,
  ): Promise<Answer<Offered>> {
    for (;;) {
      const next = await nextSource(feed, identity, eligible, budget);
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
    const { store, downloads, onComing } = this.options;
    const kept = await store.find(identity);
    if (kept && kept.source !== member.source.name) return this.#keptFromAnother(member, kept);
    const download = await downloads.join(member, identity);
    if (!(download instanceof Download)) return this.#offerKept(download);
    onComing?.(feed, download);
    const offered = await offerArriving(download, member.health, budget);
    return download.isFailedGuess ? this.#from(feed, member, identity, budget) : offered;
  }

  /** The package is kept, from a source that this feed does not have. */
  async #keptFromAnother(member: ReadThrough, kept: PackageRow): Promise<Answer<Offered>> {
    const proven = await this.options.sameBytes.prove(member, kept);
    return proven.kind === 'found' ? this.#offerKept(proven.value) : proven;
  }

  async #offerKept(row: PackageRow): Promise<Answer<Offered>> {
    const content = await this.options.copies.open(row);
    return content ? found({ kind: 'kept', row, content }) : failed(onlyDamaged(row.identity));
  }
}
