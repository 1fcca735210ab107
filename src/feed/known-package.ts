import { setImmediate as nextTurn } from 'node:timers/promises';
import { highest } from '../nuget/search-hit.js';
import type { SearchHit } from '../nuget/search-hit.js';
import { PackageId } from '../nuget/package-id.js';
import { PackageVersion } from '../nuget/package-version.js';
import { readRegistrationEntry } from '../nuget/registration-entry.js';
import type { RegistrationEntry } from '../nuget/registration-entry.js';
import type { RegistrationRow } from '../nuget/registration-table.js';
import type { VersionChoice } from '../nuget/search-query.js';
import { HeldLeaves } from './held-leaves.js';
import type { OnDamaged } from './held-leaves.js';
import { readRegistration } from './registration-fact.js';
import type { Fact, FactKey, FactStore, PackageStore } from './store.js';

/** A version that search may show. */
export type KnownVersion = Pick<RegistrationRow, 'version' | 'semVer2'>;

/** What is known here of an id as one source has it: listed versions, ascending, and how to read what stands behind each. */
export interface KnownPackage {
  readonly rows: readonly KnownVersion[];
  /** @param row one of `rows` */
  readonly entryOf: (row: KnownVersion) => Promise<RegistrationEntry | undefined>;
}

/** How often a fact that is replaced while it is being read is read again. */
const maxAttempts = 3;
/** Ids of kept packages that are read at a time. */
const idsAtOnce = 500;

/** What is known here for search: what registrations told or, of ids that nobody asked a registration of, what their kept packages say. */
export class KnownPackages {
  readonly #heldLeaves: HeldLeaves;

  constructor(
    private readonly facts: FactStore,
    private readonly packages: PackageStore,
    onDamaged?: OnDamaged,
  ) {
    this.#heldLeaves = new HeldLeaves(packages, onDamaged);
  }

  /** Of all that is known, each once. */
  async *keys(): AsyncGenerator<FactKey> {
    const told = new Set<string>();
    for await (const key of this.facts.list('registration')) {
      told.add(`${key.source} ${key.name}`);
      yield key;
    }
    const { ids } = this.packages;
    for (let after = ''; ;) {
      const names = ids.following(after, idsAtOnce);
      for (const name of names)
        for (const source of ids.sourcesOf(name))
          if (!told.has(`${source} ${name}`)) yield { source, kind: 'registration', name };
      const last = names.at(-1);
      if (last === undefined) return;
      // They are in memory: without a pause all of them would be one turn.
      await nextTurn();
      after = last;
    }
  }

  /** Reads something of what is known. @returns `undefined` when nothing listed is */
  async read<T>(key: FactKey, read: (known: KnownPackage) => Promise<T | undefined>): Promise<T | undefined> {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const fact = await this.facts.read(key);
      if (fact === undefined) return this.#readHeld(key, read);
      if (fact.state !== 'found') return undefined;
      const known = new FactReading(this.facts, fact);
      const value = await read(known);
      if (!known.wasReplaced) return value;
    }
    return undefined;
  }

  /** What a source's search would say of an id: listed versions only, SemVer2 by dependencies included. */
  hit(source: string, id: PackageId, choice: VersionChoice): Promise<SearchHit | undefined> {
    return this.read({ source, kind: 'registration', name: id.key }, async ({ rows, entryOf }) => {
      const shown = rows.filter((row) => isShown(row, choice));
      const versions = shown.map(({ version }) => ({ version: PackageVersion.parse(version) }));
      const version = highest(versions);
      const row = shown.at(-1);
      const entry = row && (await entryOf(row));
      if (version === undefined || entry === undefined) return undefined;
      const { identity, texts, packageTypes } = entry;
      return { id: identity.id, version, versions, texts, ...(packageTypes && { packageTypes }) };
    });
  }

  /** A restore asks for lists and packages alone: then the packages are all that is known. */
  async #readHeld<T>(
    { source, name }: FactKey,
    read: (known: KnownPackage) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const held = (await this.packages.versionsOf(PackageId.parse(name))).filter((row) => row.source === source);
    const leaves = await Promise.all(held.map((row) => this.#heldLeaves.leafOf(row)));
    const templates = new Map<KnownVersion, Buffer>();
    for (const { version, semVer2, template } of leaves
      .flatMap((leaf) => leaf ?? [])
      .sort((a, b) => PackageVersion.compare(a.version, b.version)))
      templates.set({ version: version.full, semVer2 }, template);
    if (templates.size === 0) return undefined;
    return read({
      rows: [...templates.keys()],
      entryOf: async (row) => {
        const template = templates.get(row);
        return template && readRegistrationEntry(template);
      },
    });
  }
}

export function isShown({ version, semVer2 }: KnownVersion, choice: VersionChoice): boolean {
  return (choice.semVer2 || !semVer2) && (choice.prerelease || !isPrerelease(version));
}

/** Of a full version: a hyphen before the metadata. */
function isPrerelease(version: string): boolean {
  const hyphen = version.indexOf('-');
  const plus = version.indexOf('+');
  return hyphen >= 0 && (plus < 0 || hyphen < plus);
}

class FactReading implements KnownPackage {
  readonly rows: readonly RegistrationRow[];
  /** What was read is of two facts: read again. */
  wasReplaced = false;

  constructor(
    private readonly facts: FactStore,
    private readonly fact: Fact,
  ) {
    this.rows = readRegistration(fact).rows.filter(({ listed }) => listed);
  }

  readonly entryOf = async (row: KnownVersion): Promise<RegistrationEntry | undefined> => {
    const { part, offset, length } = row as RegistrationRow;
    const bytes = await this.facts.readPart(this.fact, part);
    if (bytes === undefined || bytes.length < offset + length) {
      this.wasReplaced = true;
      return undefined;
    }
    return readRegistrationEntry(bytes.subarray(offset, offset + length));
  };
}
