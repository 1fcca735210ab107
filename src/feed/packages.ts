import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { failed } from './answer.js';
import type { Answer } from './answer.js';
import { Coalesce } from './coalesce.js';
import { Download } from './download.js';
import type { Feed } from './feed.js';
import type { Source } from './source.js';
import type { PackageContent, PackageRow, PackageStore } from './store.js';

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
}

/** Reads packages through: what is kept is given at once, what is not is downloaded once however many ask. */
export class Packages {
  readonly #downloads = new Map<string, Download>();
  readonly #joins = new Coalesce<Download | PackageRow>();

  constructor(private readonly options: PackagesOptions) {}

  get offline(): boolean {
    return this.options.offline;
  }

  async open(feed: Feed, identity: PackageIdentity): Promise<Answer<Offered>> {
    // A feed without the source that supplied the bytes must not give them out.
    const kept = await this.kept(feed, identity);
    if (kept) return { kind: 'found', value: { kind: 'kept', ...kept } };
    const eligible = feed.eligible(identity.id);
    if (eligible.length === 0) return { kind: 'missing' };
    if (this.options.offline)
      return failed({ code: 'offline-miss', detail: `offline, and ${identity.toString()} is not kept here` });
    return this.#fetch(
      feed,
      identity,
      eligible.map(({ source }) => source),
    );
  }

  /** The package as kept, where it is and the feed may give it out. Nothing is fetched. */
  async kept(
    feed: Feed,
    identity: PackageIdentity,
  ): Promise<{ readonly row: PackageRow; readonly content: PackageContent } | undefined> {
    const row = await this.options.store.find(identity);
    if (!row || !feed.eligible(identity.id).some(({ source }) => source.name === row.source)) return undefined;
    return { row, content: await this.options.store.open(row) };
  }

  /** The package as kept, after its download where it was not. */
  async whole(
    feed: Feed,
    identity: PackageIdentity,
  ): Promise<Answer<{ readonly row: PackageRow; readonly content: PackageContent; readonly fetched: boolean }>> {
    const offered = await this.open(feed, identity);
    if (offered.kind !== 'found') return offered;
    if (offered.value.kind === 'kept') return { kind: 'found', value: { ...offered.value, fetched: false } };
    const outcome = await offered.value.download.outcome;
    if (outcome.kind !== 'found') return outcome;
    return {
      kind: 'found',
      value: { row: outcome.value, content: await this.options.store.open(outcome.value), fetched: true },
    };
  }

  /** Forgets bytes that proved damaged, so that the next request fetches good ones. */
  async forgetDamaged(row: PackageRow): Promise<void> {
    this.options.log.error(
      { id: row.identity.id.text, version: row.identity.version.normalized, source: row.source },
      'a kept package is damaged: it is forgotten and will be fetched again',
    );
    await this.options.store.remove(row.identity);
  }

  /** Settles when no download is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#downloads.values()].map(({ outcome }) => outcome));
  }

  async #fetch(feed: Feed, identity: PackageIdentity, eligible: readonly Source[]): Promise<Answer<Offered>> {
    const candidates = await this.#candidates(feed, identity, eligible);
    if (candidates.kind !== 'found') return candidates;
    for (const source of candidates.value) {
      const download = await this.#joins.run(`${source.name}/${identity.key}`, () => this.#join(source, identity));
      if (!(download instanceof Download))
        return {
          kind: 'found',
          value: { kind: 'kept', row: download, content: await this.options.store.open(download) },
        };
      const opened = await download.opened;
      if (opened.kind === 'found') return { kind: 'found', value: { kind: 'arriving', download, ...opened.value } };
      // Only the source's own "there is no such thing" lets the next one in order be asked.
      if (opened.kind !== 'missing') return opened;
    }
    return { kind: 'missing' };
  }

  /**
   * The download under way, the row it left, or a new download. Downloads are let go after their row is durable, so looking for the
   * download first and for the row second misses neither; only one such look per package runs at a time.
   */
  async #join(source: Source, identity: PackageIdentity): Promise<Download | PackageRow> {
    const running = this.#downloads.get(`${source.name}/${identity.key}`);
    if (running) return running;
    const row = await this.options.store.find(identity);
    return row?.source === source.name ? row : this.#begin(source, identity);
  }

  /** The owner by the version lists; every eligible source in order when no list has the version (a list may lag behind). */
  async #candidates(
    feed: Feed,
    identity: PackageIdentity,
    eligible: readonly Source[],
  ): Promise<Answer<readonly Source[]>> {
    if (eligible.length === 1) return { kind: 'found', value: eligible };
    const versions = await feed.ownedVersions(identity.id);
    if (versions.kind === 'failed' || versions.kind === 'refused') return versions;
    const owner =
      versions.kind === 'found'
        ? versions.value.find(({ version }) => version === identity.version.key)?.source
        : undefined;
    const owning = eligible.filter(({ name }) => name === owner);
    return { kind: 'found', value: owning.length > 0 ? owning : eligible };
  }

  #begin(source: Source, identity: PackageIdentity): Download {
    const { store, clock, log, maxPackageBytes } = this.options;
    const download = new Download({ source, identity, packages: store, clock, log, maxPackageBytes });
    const key = `${source.name}/${identity.key}`;
    this.#downloads.set(key, download);
    void download.outcome.then((outcome) => {
      this.#downloads.delete(key);
      const about = { source: source.name, id: identity.id.text, version: identity.version.normalized };
      if (outcome.kind === 'found') log.debug({ ...about, bytes: outcome.value.size }, 'package kept');
      else if (outcome.kind !== 'missing') log.warn({ ...about, code: outcome.reason.code }, outcome.reason.detail);
    });
    return download;
  }
}
