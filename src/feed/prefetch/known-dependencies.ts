import { LRUCache } from 'lru-cache';

import { BadPackageError } from '../../codec/bad-package.js';
import { readNuspec } from '../../codec/package-nuspec.js';
import type { PackageNuspec } from '../../codec/package-nuspec.js';
import { readLeafDependencies } from '../../nuget/leaf-dependencies.js';
import type { WrittenDependencyGroup } from '../../nuget/leaf-dependencies.js';
import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { PackageVersion } from '../../nuget/package-version.js';
import type { RegistrationRow } from '../../nuget/registration-table.js';
import type { Feed } from '../feed.js';
import type { ReceivedPackage } from '../received-package.js';
import { readRegistration } from '../registration-fact.js';
import { DamagedBlobError } from '../store.js';
import type { Fact, FactStore, PackageRow, PackageStore } from '../store.js';

export type Dependencies = readonly WrittenDependencyGroup[];

const maxRemembered = 5_000;
/** Of all groups of a package together. No honest one has a tenth of it. */
const maxDependencies = 2_000;

/** What packages depend on, as far as it is known here without asking: from the kept package, else from a kept registration. */
export class KnownDependencies {
  readonly #remembered = new LRUCache<string, Dependencies>({ max: maxRemembered });

  constructor(
    private readonly facts: FactStore,
    private readonly packages: PackageStore,
  ) {}

  /** @returns `undefined` when it is not known */
  async of(feed: Feed, identity: PackageIdentity): Promise<Dependencies | undefined> {
    const { id, version } = identity;
    const place = `${feed.name}/${identity.key}`;
    const known = this.#remembered.get(place);
    if (known) return known;
    const row = await this.packages.find(identity);
    if (row) return isServedBy(feed, row) ? this.#ofKept(row, place) : undefined;
    for (const fact of await this.#registrations(feed, id)) {
      const told = readRegistration(fact).rows.find(({ key }) => key === version.key);
      const groups = told && (await this.#ofLeaf(fact, told));
      if (groups) return this.#remember(place, groups);
    }
    return undefined;
  }

  /** The newest version that is kept here: what was restored before is restored again. */
  async newestKept(feed: Feed, id: PackageId): Promise<PackageIdentity | undefined> {
    const rows = (await this.packages.versionsOf(id)).filter((row) => isServedBy(feed, row));
    return rows
      .map(({ identity }) => identity)
      .sort((a, b) => PackageVersion.compare(a.version, b.version))
      .at(-1);
  }

  /** Of the newest stable version that a registration tells of. */
  async ofNewestTold(feed: Feed, id: PackageId): Promise<Dependencies | undefined> {
    for (const fact of await this.#registrations(feed, id)) {
      const told = readRegistration(fact).rows.findLast(({ key, listed }) => listed && !key.includes('-'));
      const groups = told && (await this.#ofLeaf(fact, told));
      if (groups) return groups;
    }
    return undefined;
  }

  /** From a package that has come and is not admitted yet: good for a guess. */
  async ofReceived(
    feed: Feed,
    identity: PackageIdentity,
    received: ReceivedPackage,
  ): Promise<Dependencies | undefined> {
    const place = `${feed.name}/${identity.key}`;
    return this.#remembered.get(place) ?? (await this.#read(received.nuspec(), place));
  }

  async #ofKept(row: PackageRow, place: string): Promise<Dependencies | undefined> {
    return this.#read(this.packages.open(row, 'inspect').then(readNuspec), place);
  }

  async #read(reading: Promise<PackageNuspec>, place: string): Promise<Dependencies | undefined> {
    try {
      const { nuspec } = await reading;
      return this.#remember(place, nuspec.dependencyGroups);
    } catch (error) {
      // Who is asked for the package itself finds out, and says so.
      if (error instanceof BadPackageError || error instanceof DamagedBlobError) return undefined;
      throw error;
    }
  }

  async #registrations(feed: Feed, id: PackageId): Promise<Fact[]> {
    const members = feed.eligible(id);
    const facts = await Promise.all(
      members.map(({ source }) => this.facts.read({ source: source.name, kind: 'registration', name: id.key })),
    );
    return facts.flatMap((fact) => (fact?.state === 'found' ? [fact] : []));
  }

  async #ofLeaf(fact: Fact, { part, offset, length }: RegistrationRow): Promise<Dependencies | undefined> {
    const bytes = await this.facts.readPart(fact, part);
    if (bytes === undefined || bytes.length < offset + length) return undefined;
    return readLeafDependencies(bytes.subarray(offset, offset + length));
  }

  #remember(place: string, groups: Dependencies): Dependencies {
    const count = groups.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
    const kept = count <= maxDependencies ? groups : [];
    this.#remembered.set(place, kept);
    return kept;
  }
}

/** A feed without the source that supplied a package knows nothing of it. */
function isServedBy(feed: Feed, { identity, source }: PackageRow): boolean {
  return feed.eligible(identity.id).some((member) => member.source.name === source);
}
