import { LRUCache } from 'lru-cache';
import { eligibleSources } from '../policy/source-mapping.js';
import type { MappedSource } from '../policy/source-mapping.js';
import type { Bases } from '../nuget/address-slot.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { PackageVersion } from '../nuget/package-version.js';
import {
  renderPackageDetails,
  renderRegistrationIndex,
  renderRegistrationLeaf,
  renderRegistrationPage,
} from '../nuget/registration-document.js';
import { paginate, rowsBetween, rowsOfHive } from '../nuget/registration-table.js';
import type { Hive, OwnedRow } from '../nuget/registration-table.js';
import type { VersionConflict } from '../nuget/version-conflicts.js';
import { renderVersionList } from '../nuget/version-list.js';
import type { OwnedVersion } from '../nuget/version-list.js';
import type { Logger } from '../ops/log.js';
import type { Answer } from './answer.js';
import type { OnSourceFailure } from './gather.js';
import type { OnDamaged } from './held-leaves.js';
import { Ownership } from './ownership.js';
import type { DescribedVersions, OwnedVersions, Provenance } from './ownership.js';
import type { ReadThrough } from './read-through.js';
import type { RequestBudget } from './request-budget.js';
import { FactReplacedError } from './registration-fact.js';
import type { FactStore, PackageStore } from './store.js';

/** A document made for clients, with what its headers need. */
export interface FeedDocument extends Provenance {
  readonly body: Buffer;
  /** Names of the sources merged in it, in order. */
  readonly sources: readonly string[];
  /** How long such a document is fresh from `checkedAtMs` on, in milliseconds. */
  readonly lifetimeMs: number;
}

export interface FeedOptions {
  readonly name: string;
  /** Members in order of precedence. */
  readonly members: readonly ReadThrough[];
  /** Every configured source: the patterns of all of them count. */
  readonly mapping: readonly MappedSource[];
  readonly facts: FactStore;
  readonly packages: PackageStore;
  /** Told of a kept copy that proved damaged. */
  readonly onDamaged?: OnDamaged;
  readonly onSourceFailure: OnSourceFailure;
  readonly log: Logger;
  /** A client asks for a version list. Called at each request that finds none in memory: to be quick. */
  readonly onListAsked?: (feed: Feed, id: PackageId) => void;
  /** The time of one client's request; absent: as much as the sources take. */
  readonly newBudget?: () => RequestBudget;
}

/** All versions of an id, ascending, as people are shown them. */
export interface FeedListing {
  readonly versions: readonly { readonly version: string; readonly listed: boolean; readonly source: string }[];
}

/** What we serve: an ordered list of sources shown as one. Facts are kept, documents are computed from them. */
export class Feed {
  readonly #ownership: Ownership;
  readonly #toldConflicts = new LRUCache<string, true>({ max: maxConflictsRemembered });

  constructor(private readonly options: FeedOptions) {
    this.#ownership = new Ownership(options);
  }

  get name(): string {
    return this.options.name;
  }

  get onSourceFailure(): OnSourceFailure {
    return this.options.onSourceFailure;
  }

  /** Names of all members, in order of precedence. */
  get sources(): string[] {
    return this.options.members.map(({ source }) => source.name);
  }

  /** The members that may be asked for an id, in order of precedence. */
  eligible(id: PackageId): ReadThrough[] {
    const names = new Set(eligibleSources(id, this.options.mapping));
    return this.options.members.filter(({ source }) => names.has(source.name));
  }

  /** All versions of an id with the source that owns each, ascending; missing when no source of the feed has the id. */
  async ownedVersions(id: PackageId, budget?: RequestBudget): Promise<Answer<readonly OwnedVersion[]>> {
    const owned = await this.#ownership.versions(id, this.eligible(id), budget);
    if (owned.kind !== 'found') return owned;
    return owned.value.versions.length > 0 ? { kind: 'found', value: owned.value.versions } : absent(owned.value);
  }

  /** The versions of an id that are described, with what describes them, and how whole and how old that is. */
  described(id: PackageId): Promise<Answer<DescribedVersions>> {
    return this.#described(id);
  }

  /** All versions of an id, listed or not, with their owners, as registrations describe them. */
  async listing(id: PackageId): Promise<Answer<FeedListing>> {
    const described = await this.#described(id);
    if (described.kind !== 'found') return described;
    const versions = described.value.rows.map(({ version, listed, source }) => ({ version, listed, source }));
    return versions.length > 0 ? { kind: 'found', value: { versions } } : absent(described.value);
  }

  /** Versions of an id for which sources of the feed publish different bytes. */
  async conflicts(id: PackageId): Promise<Answer<readonly VersionConflict[]>> {
    const described = await this.#described(id);
    return described.kind === 'found' ? { kind: 'found', value: described.value.conflicts } : described;
  }

  /** The flat container's `{id}/index.json`. */
  async versionList(id: PackageId): Promise<Answer<FeedDocument>> {
    this.options.onListAsked?.(this, id);
    for (let attempt = 1; ; attempt++) {
      const owned = await this.#ownership.versions(id, this.eligible(id), this.options.newBudget?.());
      if (owned.kind !== 'found') return owned;
      const { versions, refreshed } = owned.value;
      if (versions.length > 0) return found(owned.value, renderVersionList(versions));
      if (!refreshed || attempt === maxAttempts) return absent(owned.value);
      await refreshed;
    }
  }

  /** A hive's `{id}/index.json`. */
  async registrationIndex(id: PackageId, hive: Hive, bases: Bases): Promise<Answer<FeedDocument>> {
    return this.#registration(id, hive, async (rows, leavesOf) => {
      const pages = paginate(rows);
      const templates = pages.inlined ? await Promise.all(pages.pages.map(leavesOf)) : [];
      return renderRegistrationIndex(id, pages, templates, bases);
    });
  }

  /** A hive's page of the versions from `lower` to `upper`, both included. */
  async registrationPage(
    id: PackageId,
    hive: Hive,
    lower: PackageVersion,
    upper: PackageVersion,
    bases: Bases,
  ): Promise<Answer<FeedDocument>> {
    return this.#registration(id, hive, async (all, leavesOf) => {
      const rows = rowsBetween(all, lower, upper);
      return rows.length === 0 ? undefined : renderRegistrationPage(id, rows, await leavesOf(rows), bases);
    });
  }

  /** A hive's leaf document of one version. */
  async registrationLeaf(identity: PackageIdentity, hive: Hive, bases: Bases): Promise<Answer<FeedDocument>> {
    return this.#leaf(identity, hive, (template) => renderRegistrationLeaf(identity, template, bases));
  }

  /** The document behind a leaf's `catalogEntry`. */
  async packageDetails(identity: PackageIdentity, bases: Bases): Promise<Answer<FeedDocument>> {
    return this.#leaf(identity, 'semver2', (template) => renderPackageDetails(template, bases));
  }

  async #leaf(
    identity: PackageIdentity,
    hive: Hive,
    render: (template: Buffer) => Buffer,
  ): Promise<Answer<FeedDocument>> {
    return this.#registration(identity.id, hive, async (rows, leavesOf) => {
      const row = rows.find(({ key }) => key === identity.version.key);
      const [template] = row ? await leavesOf([row]) : [];
      return template && render(template);
    });
  }

  /** @param render the document, or `undefined` when the id is there and what was asked of it is not */
  async #registration(
    id: PackageId,
    hive: Hive,
    render: (
      rows: readonly OwnedRow[],
      leavesOf: (rows: readonly OwnedRow[]) => Promise<Buffer[]>,
    ) => Promise<Buffer | undefined>,
  ): Promise<Answer<FeedDocument>> {
    const budget = this.options.newBudget?.();
    for (let attempt = 1; ; attempt++) {
      const described = await this.#described(id, budget);
      if (described.kind !== 'found') return described;
      const rows = rowsOfHive(described.value.rows, hive);
      try {
        const body =
          rows.length === 0 ? undefined : await render(rows, (wanted) => described.value.templatesOf(wanted));
        if (body) return found(described.value, body);
        const { refreshed } = described.value;
        if (!refreshed || attempt === maxAttempts) return absent(described.value);
        // What is kept does not have it, and a newer word is under way: only that can tell an absence.
        await refreshed;
      } catch (error) {
        // A refresh replaced the fact between reading its head and its leaves.
        if (!(error instanceof FactReplacedError) || attempt === maxAttempts) throw error;
      }
    }
  }

  async #described(id: PackageId, budget = this.options.newBudget?.()): Promise<Answer<DescribedVersions>> {
    const described = await this.#ownership.described(id, this.eligible(id), budget);
    if (described.kind === 'found') this.#tellConflicts(id, described.value.conflicts);
    return described;
  }

  /** Each once: the same documents are made again and again. */
  #tellConflicts(id: PackageId, conflicts: readonly VersionConflict[]): void {
    for (const { version, owner, others } of conflicts)
      for (const other of others) {
        const key = `${id.key}/${version} ${other.source} ${other.sha512}`;
        if (this.#toldConflicts.has(key)) continue;
        this.#toldConflicts.set(key, true);
        this.options.log.warn(
          { feed: this.name, id: id.text, version, source: other.source, sha512: other.sha512, owner },
          `${other.source} publishes other bytes than ${owner.source} for the same id and version: those of ${owner.source} are served`,
        );
      }
  }
}

const maxConflictsRemembered = 10_000;
const maxAttempts = 3;

/** Not in what the sources told. An absence only when all of them told it now. */
function absent({ leftOut, staleBecause }: Provenance): Answer<never> {
  const reason = leftOut[0] ?? staleBecause[0];
  return reason ? { kind: 'failed', reason } : { kind: 'missing' };
}

function found(owned: OwnedVersions, body: Buffer): Answer<FeedDocument> {
  const { state, freshUntilMs, checkedAtMs, maxAgeMs, staleBecause, leftOut, sources } = owned;
  const lifetimeMs = Math.min(maxAgeMs ?? Number.POSITIVE_INFINITY, Math.max(0, freshUntilMs - checkedAtMs));
  return {
    kind: 'found',
    value: { state, freshUntilMs, checkedAtMs, staleBecause, leftOut, sources, body, lifetimeMs },
  };
}
