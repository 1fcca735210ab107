import { eligibleSources } from '../policy/source-mapping.js';
import type { MappedSource } from '../policy/source-mapping.js';
import type { Bases } from '../nuget/address-slot.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { PackageVersion } from '../nuget/package-version.js';
import {
  renderPackageDetails,
  renderRegistrationIndex,
  renderRegistrationLeaf,
  renderRegistrationPage,
} from '../nuget/registration-document.js';
import { mergeRegistrations, paginate, rowsBetween } from '../nuget/registration-table.js';
import type { Hive, OwnedRow } from '../nuget/registration-table.js';
import { mergeVersions, renderVersionList } from '../nuget/version-list.js';
import type { OwnedVersion } from '../nuget/version-list.js';
import type { Answer } from './answer.js';
import { gather } from './gather.js';
import type { Gathered, OnSourceFailure } from './gather.js';
import type { FactShape, ReadThrough } from './read-through.js';
import { FactReplacedError, readLeaves, readRegistration, registrationFact } from './registration-fact.js';
import type { FactStore } from './store.js';
import { readVersions, versionsFact } from './versions-fact.js';

/** A document made for clients, with what its headers need. */
export interface FeedDocument extends Omit<Gathered, 'facts'> {
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
  readonly onSourceFailure: OnSourceFailure;
}

/** All versions of an id, ascending, as people are shown them. */
export interface FeedListing {
  readonly versions: readonly { readonly version: string; readonly listed: boolean; readonly source: string }[];
}

/** What we serve: an ordered list of sources shown as one. Facts are kept, documents are computed from them. */
export class Feed {
  constructor(private readonly options: FeedOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** The members that may be asked for an id, in order of precedence. */
  eligible(id: PackageId): ReadThrough[] {
    const names = new Set(eligibleSources(id, this.options.mapping));
    return this.options.members.filter(({ source }) => names.has(source.name));
  }

  /** All versions of an id with the source that owns each, ascending. */
  async ownedVersions(id: PackageId): Promise<Answer<readonly OwnedVersion[]>> {
    const gathered = await this.#gather(versionsFact, id);
    return gathered.kind === 'found'
      ? { kind: 'found', value: mergeVersions(gathered.value.facts.map(readVersions)) }
      : gathered;
  }

  /** The flat container's `{id}/index.json`. */
  async versionList(id: PackageId): Promise<Answer<FeedDocument>> {
    const gathered = await this.#gather(versionsFact, id);
    if (gathered.kind !== 'found') return gathered;
    return found(gathered.value, renderVersionList(mergeVersions(gathered.value.facts.map(readVersions))));
  }

  /** All versions of an id, listed or not, with their owners. */
  async listing(id: PackageId): Promise<Answer<FeedListing>> {
    const gathered = await this.#gather(registrationFact, id);
    if (gathered.kind !== 'found') return gathered;
    const rows = mergeRegistrations(gathered.value.facts.map(readRegistration), 'semver2');
    return {
      kind: 'found',
      value: { versions: rows.map(({ version, listed, source }) => ({ version, listed, source })) },
    };
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
      const row = rows.find(({ version }) => PackageVersion.parse(version).equals(identity.version));
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
    for (let attempt = 1; ; attempt++) {
      const gathered = await this.#gather(registrationFact, id);
      if (gathered.kind !== 'found') return gathered;
      const { facts } = gathered.value;
      const rows = mergeRegistrations(facts.map(readRegistration), hive);
      try {
        const body =
          rows.length === 0 ? undefined : await render(rows, (wanted) => readLeaves(this.options.facts, facts, wanted));
        if (body) return found(gathered.value, body);
        const { refreshed } = gathered.value;
        if (!refreshed || attempt === maxAttempts) return absent(gathered.value);
        // What is kept does not have it, and a newer word is under way: only that can tell an absence.
        await refreshed;
      } catch (error) {
        // A refresh replaced the fact between reading its head and its leaves.
        if (!(error instanceof FactReplacedError) || attempt === maxAttempts) throw error;
      }
    }
  }

  async #gather<T>(shape: FactShape<T>, id: PackageId): Promise<Answer<Gathered>> {
    const eligible = this.eligible(id);
    const told = await Promise.all(eligible.map((member) => member.read(shape, id)));
    return gather(told, this.options.onSourceFailure);
  }
}

const maxAttempts = 3;

/** Not in what the sources told. An absence only when all of them told it now. */
function absent({ leftOut, staleBecause }: Gathered): Answer<never> {
  const reason = leftOut[0] ?? staleBecause[0];
  return reason ? { kind: 'failed', reason } : { kind: 'missing' };
}

function found({ facts, ...gathered }: Gathered, body: Buffer): Answer<FeedDocument> {
  return {
    kind: 'found',
    value: {
      ...gathered,
      body,
      sources: facts.map(({ key }) => key.source),
      lifetimeMs: Math.max(0, gathered.freshUntilMs - gathered.checkedAtMs),
    },
  };
}
