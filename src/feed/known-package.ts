import { highest } from '../nuget/search-hit.js';
import type { SearchHit } from '../nuget/search-hit.js';
import type { PackageId } from '../nuget/package-id.js';
import { PackageVersion } from '../nuget/package-version.js';
import { readRegistrationEntry } from '../nuget/registration-entry.js';
import type { RegistrationEntry } from '../nuget/registration-entry.js';
import type { RegistrationRow } from '../nuget/registration-table.js';
import type { VersionChoice } from '../nuget/search-query.js';
import { readRegistration } from './registration-fact.js';
import type { Fact, FactKey, FactStore } from './store.js';

/** The listed rows of a source's kept registration, ascending, and how to read what they stand for. */
export interface KnownPackage {
  readonly rows: readonly RegistrationRow[];
  readonly entryOf: (row: RegistrationRow) => Promise<RegistrationEntry | undefined>;
}

/** How often a fact that is replaced while it is being read is read again. */
const maxAttempts = 3;

/** Reads something of a source's kept registration. @returns `undefined` when nothing listed is kept */
export async function readKnown<T>(
  facts: FactStore,
  key: FactKey,
  read: (known: KnownPackage) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const fact = await facts.read(key);
    if (fact?.state !== 'found') return undefined;
    const known = new FactReading(facts, fact);
    const value = await read(known);
    if (!known.wasReplaced) return value;
  }
  return undefined;
}

/** What a source's search would say of an id, from its kept registration: listed versions only, SemVer2 by dependencies included. */
export function readKnownHit(
  facts: FactStore,
  source: string,
  id: PackageId,
  choice: VersionChoice,
): Promise<SearchHit | undefined> {
  return readKnown(facts, { source, kind: 'registration', name: id.key }, async ({ rows, entryOf }) => {
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

export function isShown({ version, semVer2 }: RegistrationRow, choice: VersionChoice): boolean {
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

  readonly entryOf = async ({ part, offset, length }: RegistrationRow): Promise<RegistrationEntry | undefined> => {
    const bytes = await this.facts.readPart(this.fact, part);
    if (bytes === undefined || bytes.length < offset + length) {
      this.wasReplaced = true;
      return undefined;
    }
    return readRegistrationEntry(bytes.subarray(offset, offset + length));
  };
}
