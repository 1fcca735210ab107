import type { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import type { PackageVersion } from '../nuget/package-version.js';
import type { PackageStore } from './store.js';
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
  readonly bytes: number;
}

/** How `verify` is to be done. */
export interface VerifyChoice {
  /** What is damaged is fetched again. */
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
}

export interface MaintenanceOptions {
  readonly packages: PackageStore;
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

  /** Forgets one version, or all of an id, with what they are bound to: the next request fetches them anew from whoever has them. */
  async purge(id: PackageId, version?: PackageVersion): Promise<PurgeReport> {
    const { packages, onForgotten } = this.options;
    const rows = (await packages.versionsOf(id)).filter(
      ({ identity }) => version === undefined || identity.equals(new PackageIdentity(id, version)),
    );
    for (const { identity } of rows) await packages.remove(identity);
    onForgotten(id);
    return {
      id: rows[0]?.identity.id.text ?? id.text,
      versions: rows.map(({ identity }) => identity.version.normalized),
      bytes: rows.reduce((sum, { size }) => sum + size, 0),
    };
  }
}
