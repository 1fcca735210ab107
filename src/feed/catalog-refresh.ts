import { PackageId } from '../nuget/package-id.js';
import type { Clock } from '../ops/clock.js';
import type { CatalogChanges } from './catalog-changes.js';
import type { ReadThrough } from './read-through.js';
import { registrationFact } from './registration-fact.js';
import type { Fact, FactStore } from './store.js';
import { versionsFact } from './versions-fact.js';

/** How long after an answer that does not show the change the next is asked for, in milliseconds; the last one goes on. */
const waitsMs = [5_000, 15_000, 60_000, 300_000];
const lanes = 4;

interface Awaited {
  dueAtMs: number;
  attempts: number;
}

export interface CatalogRefreshOptions {
  readonly source: string;
  readonly facts: FactStore;
  readonly changes: CatalogChanges;
  readonly clock: Clock;
  /** What is kept of an id was replaced. */
  readonly onReplaced: (names: ReadonlySet<string>) => void;
}

/** Asks anew for what is kept of changed ids, in the background, until it shows the change. */
export class CatalogRefresh {
  readonly #awaited = new Map<string, Awaited>();

  constructor(private readonly options: CatalogRefreshOptions) {}

  /** Ids of which something is kept that does not show what the catalog told. */
  get names(): readonly string[] {
    return [...this.#awaited.keys()];
  }

  has(name: string): boolean {
    return this.#awaited.has(name);
  }

  /** Of these ids, those of which something is kept that does not show what the catalog told: they are asked for from now on. */
  async await(names: Iterable<string>): Promise<ReadonlySet<string>> {
    const outdated = new Set<string>();
    for (const name of names) {
      if ((await this.#outdated(name)).length === 0) continue;
      outdated.add(name);
      this.#awaited.set(name, { dueAtMs: this.options.clock.now(), attempts: 0 });
    }
    return outdated;
  }

  clear(): void {
    this.#awaited.clear();
  }

  /** Asks for all that is due, a few at a time. Never rejects for what the source does. */
  async run(reader: ReadThrough, signal: AbortSignal): Promise<void> {
    const nowMs = this.options.clock.now();
    const due = [...this.#awaited].filter(([, { dueAtMs }]) => dueAtMs <= nowMs).values();
    const lane = async () => {
      for (const [name, awaited] of due) {
        if (signal.aborted) return;
        // Clients' requests look for the source's return: this can wait.
        if (reader.health.resting()) return;
        await this.#refresh(reader, name, awaited);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  async #refresh(reader: ReadThrough, name: string, awaited: Awaited): Promise<void> {
    const id = PackageId.parse(name);
    const before = await this.#outdated(name);
    for (const { key } of before)
      if (key.kind === 'versions') await reader.refresh(versionsFact, id);
      else await reader.refresh(registrationFact, id);
    // Named again meanwhile: begins anew.
    if (this.#awaited.get(name) !== awaited) return;
    const after = await this.#outdated(name);
    const epochs = new Set((await this.#kept(name)).map(({ epoch }) => epoch));
    if (before.some(({ epoch }) => !epochs.has(epoch))) this.options.onReplaced(new Set([name]));
    if (after.length === 0) this.#awaited.delete(name);
    else awaited.dueAtMs = this.options.clock.now() + (waitsMs[Math.min(awaited.attempts++, waitsMs.length - 1)] ?? 0);
  }

  async #outdated(name: string): Promise<Fact[]> {
    return (await this.#kept(name)).filter((fact) => !this.options.changes.areShownBy(fact));
  }

  async #kept(name: string): Promise<Fact[]> {
    const { source, facts } = this.options;
    const kept = await Promise.all(
      (['versions', 'registration'] as const).map((kind) => facts.read({ source, kind, name })),
    );
    return kept.flatMap((fact) => fact ?? []);
  }
}
