import type { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import type { PackageVersion } from '../nuget/package-version.js';
import type { PackageStore } from './store.js';

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

export interface MaintenanceOptions {
  readonly packages: PackageStore;
  /** An id's documents in memory are untrue from now on. */
  readonly onForgotten: (id: PackageId) => void;
}

/** Work on the store that people ask for: through a running server, or on a store that no server has open. */
export class Maintenance {
  constructor(private readonly options: MaintenanceOptions) {}

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
