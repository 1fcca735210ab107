import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { PackageId } from '../nuget/package-id.js';
import { matchRows } from '../nuget/registration-table.js';
import type { OwnedRow } from '../nuget/registration-table.js';
import { conflictsOf } from '../nuget/version-conflicts.js';
import type { VersionConflict } from '../nuget/version-conflicts.js';
import { mergeVersions } from '../nuget/version-list.js';
import type { HeldVersion, OwnedVersion, SourceVersions } from '../nuget/version-list.js';
import { found } from './answer.js';
import type { Answer } from './answer.js';
import { gather, together } from './gather.js';
import type { Gathered, OnSourceFailure } from './gather.js';
import { HeldLeaves } from './held-leaves.js';
import type { OnDamaged } from './held-leaves.js';
import type { FactShape } from './fact-shape.js';
import type { ReadThrough } from './read-through.js';
import type { RequestBudget } from './request-budget.js';
import { readLeaves, readRegistration, registrationFact } from './registration-fact.js';
import type { Fact, FactStore, PackageRow, PackageStore } from './store.js';
import { readVersions, versionsFact } from './versions-fact.js';

/** How whole and how old what is told is. */
export type Provenance = Omit<Gathered, 'facts' | 'without'>;

/** The versions of an id that a feed has, each with its owner. */
export interface OwnedVersions extends Provenance {
  /** Ascending; empty when there is no such package. */
  readonly versions: readonly OwnedVersion[];
  /** Names of the sources that have a part in it, in order of precedence. */
  readonly sources: readonly string[];
}

/** The same versions, described: a row for each that its owner's registration or the kept package describes. */
export interface DescribedVersions extends OwnedVersions {
  readonly rows: readonly OwnedRow[];
  readonly conflicts: readonly VersionConflict[];
  /** @throws FactReplacedError when a source's registration was replaced meanwhile: begin again */
  templatesOf(rows: readonly OwnedRow[]): Promise<Buffer[]>;
}

export interface OwnershipOptions {
  readonly facts: FactStore;
  readonly packages: PackageStore;
  readonly onDamaged?: OnDamaged;
  readonly onSourceFailure: OnSourceFailure;
}

interface Table {
  readonly signature: string;
  readonly versions: readonly OwnedVersion[];
  described?: { readonly signature: string; readonly rows: readonly OwnedRow[]; conflicts: readonly VersionConflict[] };
}

/** Rows and versions of large ids that stay merged in memory: the pages of one registration are asked for one after the other. */
const maxVersionsRemembered = 50_000;
/** What an id takes beside its versions, in versions. */
const versionsPerTable = 20;
/** From so many versions on the loop is let go between two steps: each takes 1 to 3 ms at 15,000. */
const manyVersions = 2_000;
/** Place of a row whose leaf comes out of the kept package. */
const heldPart = -1;

/**
 * Which versions a feed has of an id and who owns each: one table behind version lists, both hives with pages and leaves, and downloads,
 * so that they cannot contradict each other (`nuget/version-list.ts` has the rule).
 */
export class Ownership {
  readonly #heldLeaves: HeldLeaves;
  readonly #tables = new LRUCache<string, Table>({
    maxSize: maxVersionsRemembered,
    sizeCalculation: ({ versions }) => versions.length + versionsPerTable,
  });

  constructor(private readonly options: OwnershipOptions) {
    this.#heldLeaves = new HeldLeaves(options.packages, options.onDamaged);
  }

  /** @param eligible sources that may be asked for the id, in order of precedence; missing when there are none */
  async versions(
    id: PackageId,
    eligible: readonly ReadThrough[],
    budget?: RequestBudget,
  ): Promise<Answer<OwnedVersions>> {
    const [gathered, held] = await Promise.all([this.#lists(id, eligible, budget), this.#held(id, eligible)]);
    if (gathered.kind !== 'found') return gathered;
    const { facts: _, without: __, ...provenance } = gathered.value;
    const { versions } = await this.#merged(id, eligible, gathered.value, held);
    return found({ ...provenance, versions, sources: partakers(eligible, gathered.value.facts, held) });
  }

  /** As `versions`, with the rows of the registrations. */
  async described(
    id: PackageId,
    eligible: readonly ReadThrough[],
    budget?: RequestBudget,
  ): Promise<Answer<DescribedVersions>> {
    const [lists, registrations, held] = await Promise.all([
      this.#lists(id, eligible, budget),
      this.#gather(registrationFact, id, eligible, budget),
      this.#held(id, eligible),
    ]);
    if (lists.kind !== 'found') return lists;
    if (registrations.kind !== 'found') return registrations;
    const { facts } = registrations.value;
    const table = await this.#merged(id, eligible, lists.value, held);
    const { rows, conflicts } = await this.#describe(table, facts, held);
    const heldTemplates = new Map<string, Buffer>();
    const shown = await this.#withHeld(table.versions, rows, held, heldTemplates);
    return found({
      ...together(lists.value, registrations.value),
      versions: table.versions,
      sources: partakers(eligible, lists.value.facts, held),
      rows: shown,
      conflicts,
      templatesOf: async (wanted) => {
        const kept = await readLeaves(
          this.options.facts,
          facts,
          wanted.filter(({ part }) => part !== heldPart),
        );
        let next = 0;
        return wanted.map((row) => (row.part === heldPart ? heldTemplates.get(row.key) : kept[next++]) as Buffer);
      },
    });
  }

  /** The version lists, relied on for no longer than packages that were denied are remembered. */
  async #lists(
    id: PackageId,
    eligible: readonly ReadThrough[],
    budget: RequestBudget | undefined,
  ): Promise<Answer<Gathered>> {
    const lists = await this.#gather(versionsFact, id, eligible, budget);
    if (lists.kind !== 'found') return lists;
    const untilMs = Math.min(lists.value.freshUntilMs, ...eligible.map(({ absent }) => absent.freshUntilMs(id)));
    return found({ ...lists.value, freshUntilMs: untilMs });
  }

  async #gather<T>(
    shape: FactShape<T>,
    id: PackageId,
    eligible: readonly ReadThrough[],
    budget: RequestBudget | undefined,
  ): Promise<Answer<Gathered>> {
    const told = await Promise.all(eligible.map((member) => member.read(shape, id, budget)));
    return gather(told, this.options.onSourceFailure);
  }

  /** The kept packages of an id that this feed may give out: those of its own sources. */
  async #held(id: PackageId, eligible: readonly ReadThrough[]): Promise<readonly PackageRow[]> {
    const rows = await this.options.packages.versionsOf(id);
    return rows.filter((row) => eligible.some(({ source }) => source.name === row.source));
  }

  async #merged(
    id: PackageId,
    eligible: readonly ReadThrough[],
    { facts, without }: Gathered,
    held: readonly PackageRow[],
  ): Promise<Table> {
    const absent = new Map(eligible.map((member) => [member.source.name, member.absent.of(id)]));
    const bound: HeldVersion[] = [];
    for await (const { identity, source } of this.options.packages.pins(id))
      bound.push({ version: identity.version.key, source });
    const signature = JSON.stringify([
      facts.map(({ key, epoch }) => [key.source, epoch]),
      without,
      held.map(({ identity, source }) => [identity.version.key, source]),
      [...absent].map(([, versions]) => [...versions]),
      bound,
    ]);
    const known = this.#tables.get(id.key);
    if (known?.signature === signature) return known;
    const listings: SourceVersions[] = [
      ...facts.map(readVersions),
      ...without.map((source) => ({ source, versions: [] })),
    ];
    await breathe(listings.reduce((sum, { versions }) => sum + versions.length, 0));
    const versions = mergeVersions(
      listings,
      held.map(({ identity, source }) => ({ version: identity.version.key, source })),
      (source, version) => absent.get(source)?.has(version) ?? false,
      bound,
    );
    const table: Table = { signature, versions };
    this.#tables.set(id.key, table);
    return table;
  }

  async #describe(table: Table, facts: readonly Fact[], held: readonly PackageRow[]) {
    const signature = facts.map(({ key, epoch }) => `${key.source} ${epoch}`).join();
    if (table.described?.signature === signature) return table.described;
    const registrations = [];
    for (const fact of facts) {
      await breathe(table.versions.length);
      registrations.push(readRegistration(fact));
    }
    await breathe(table.versions.length);
    const rows = matchRows(table.versions, registrations).filter((row) => row !== undefined);
    await breathe(table.versions.length);
    const hashes = new Map(held.map(({ identity, sha512 }) => [identity.version.key, sha512]));
    const conflicts = conflictsOf(table.versions, registrations, hashes);
    return (table.described = { signature, rows, conflicts });
  }

  /** Held versions that no registration describes are described by what is kept. */
  async #withHeld(
    versions: readonly OwnedVersion[],
    rows: readonly OwnedRow[],
    held: readonly PackageRow[],
    templates: Map<string, Buffer>,
  ): Promise<readonly OwnedRow[]> {
    if (held.length === 0) return rows;
    const described = new Map(rows.map((row) => [row.key, row]));
    for (const row of held) {
      const { key } = row.identity.version;
      if (described.has(key)) continue;
      const leaf = await this.#heldLeaves.leafOf(row);
      if (!leaf) continue;
      const { version, semVer2, template } = leaf;
      templates.set(key, template);
      const { length } = template;
      const place = { part: heldPart, offset: 0, length };
      described.set(key, { version: version.full, key, listed: false, semVer2, ...place, source: row.source });
    }
    return versions.flatMap(({ version }) => described.get(version) ?? []);
  }
}

function partakers(
  eligible: readonly ReadThrough[],
  facts: readonly Fact[],
  held: readonly PackageRow[],
): readonly string[] {
  const names = new Set([...facts.map(({ key }) => key.source), ...held.map(({ source }) => source)]);
  return eligible.map(({ source }) => source.name).filter((name) => names.has(name));
}

async function breathe(versions: number): Promise<void> {
  if (versions >= manyVersions) await nextTurn();
}
