import type { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { PackageVersion } from '../nuget/package-version.js';
import type { GcReport, Store } from './store.js';
import type { VerifyEvent, VerifyReport } from './verify-report.js';

/** How far a piece of work has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is counted. */
  readonly unit: 'packages' | 'bytes';
}

export type TellProgress = (progress: Progress) => void;

/** What `purge` forgot. */
export interface PurgeReport {
  /** As spelt where it was kept; as asked where it was not. */
  readonly id: string;
  /** Normalized, ascending; empty when there was nothing. */
  readonly versions: readonly string[];
  /** Of the packages. */
  readonly bytes: number;
  /** Versions that were bound to bytes not kept any more, and are free now: normalized, ascending. */
  readonly unbound: readonly string[];
  /** What sources had said of the id. */
  readonly documents: number;
}

/** How `verify` is to be done. */
export interface VerifyChoice {
  /** What is damaged is fetched again. */
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
}

export interface MaintenanceOptions {
  readonly store: Pick<Store, 'packages' | 'facts' | 'gc'>;
  /** Names of all sources. */
  readonly sources: readonly string[];
  readonly verify: (choice: VerifyChoice) => AsyncGenerator<VerifyEvent, VerifyReport, void>;
  /** An id's documents in memory are untrue from now on. */
  readonly onForgotten: (id: PackageId) => void;
}

/** Work on the store that people ask for: through a running server, or on a store that no server has open. */
export class Maintenance {
  constructor(private readonly options: MaintenanceOptions) {}

  /** Reads everything that is kept and says what is damaged. @throws the reason of the choice's signal */
  async verify(choice: VerifyChoice, tell: TellProgress): Promise<VerifyReport> {
    const events = this.options.verify(choice);
    for (;;) {
      const step = await events.next();
      if (step.done) return step.value;
      if (step.value.event !== 'progress') continue;
      tell({ done: step.value.checkedBytes, total: step.value.totalBytes, unit: 'bytes' });
    }
  }

  /** Frees the space of what is dead, and evicts down to `store.maxBytes`. */
  gc(dryRun: boolean): Promise<GcReport> {
    return this.options.store.gc({ dryRun });
  }

  /**
   * Forgets one version, or all of an id and what sources said of it, with the bytes that they are bound to: the next request fetches them
   * anew from whoever has them.
   */
  async purge(id: PackageId, version?: PackageVersion): Promise<PurgeReport> {
    const { packages } = this.options.store;
    const isMeant = (identity: PackageIdentity) =>
      version === undefined ? identity.id.equals(id) : identity.equals(new PackageIdentity(id, version));
    const rows = (await packages.versionsOf(id)).filter(({ identity }) => isMeant(identity));
    const unbound: PackageIdentity[] = [];
    for await (const { identity } of packages.pins(id)) if (isMeant(identity)) unbound.push(identity);
    for (const identity of [...rows.map((row) => row.identity), ...unbound]) await packages.purge(identity);
    const documents = version === undefined ? await this.#forgetFacts(id) : 0;
    this.options.onForgotten(id);
    return {
      id: rows[0]?.identity.id.text ?? id.text,
      versions: sorted(rows.map(({ identity }) => identity)),
      bytes: rows.reduce((sum, { size }) => sum + size, 0),
      unbound: sorted(unbound),
      documents,
    };
  }

  async #forgetFacts({ key: name }: PackageId): Promise<number> {
    const { facts } = this.options.store;
    let forgotten = 0;
    for (const source of this.options.sources)
      for (const kind of ['versions', 'registration'] as const) {
        if ((await facts.read({ source, kind, name })) === undefined) continue;
        await facts.remove({ source, kind, name });
        forgotten++;
      }
    return forgotten;
  }
}

function sorted(identities: readonly PackageIdentity[]): string[] {
  return identities
    .map(({ version }) => version)
    .sort((a, b) => PackageVersion.compare(a, b))
    .map(({ normalized }) => normalized);
}
