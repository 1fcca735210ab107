import type { CatalogEvent } from '../nuget/catalog-event.js';
import { shows } from './catalog-evidence.js';
import type { Fact, FactKind } from './store.js';

/** What a catalog told of one id and documents made from it may not show yet. */
interface Change {
  /** When it was read, in ms since the epoch. */
  readonly seenAtMs: number;
  /** The newest of each version; absent where only the id is known: then nothing can be shown to know of it. */
  readonly events?: ReadonlyMap<string, CatalogEvent>;
  /** Writes of facts that were seen to show it. */
  readonly shownBy: Map<FactKind, string>;
}

export interface CatalogChangesOptions {
  /** After so long documents are taken to have followed the catalog, in milliseconds. */
  readonly settleMs: number;
  readonly maxIds: number;
}

/**
 * The ids that a catalog named of late, those of which nothing is kept included: whoever asks for one first may be given a document that
 * does not show the change yet.
 */
export class CatalogChanges {
  readonly #changes = new Map<string, Change>();

  constructor(private readonly options: CatalogChangesOptions) {}

  get isFull(): boolean {
    return this.#changes.size > this.options.maxIds;
  }

  /** @param events in the order of their commits */
  note(events: readonly CatalogEvent[], seenAtMs: number): void {
    for (const event of events) {
      const known = this.#changes.get(event.id.key);
      const newest = new Map(known?.events);
      newest.set(event.version?.key ?? '', event);
      const isBlind = known !== undefined && known.events === undefined;
      this.#changes.set(event.id.key, { seenAtMs, shownBy: new Map(), ...(!isBlind && { events: newest }) });
    }
  }

  /** Takes note of ids of which is only known that something changed. */
  noteBlindly(names: readonly string[], seenAtMs: number): void {
    for (const name of names) this.#changes.set(name, { seenAtMs, shownBy: new Map() });
  }

  /** Whether the fact knows of all that was told of its id. */
  areShownBy(fact: Fact): boolean {
    const change = this.#changes.get(fact.key.name);
    if (change === undefined || fact.checkedAtMs >= change.seenAtMs + this.options.settleMs) return true;
    const { events, shownBy } = change;
    if (events === undefined) return false;
    if (shownBy.get(fact.key.kind) === fact.epoch) return true;
    const isShown = shows(fact, events.values());
    if (isShown) shownBy.set(fact.key.kind, fact.epoch);
    return isShown;
  }

  /** Ids whose documents are taken to have followed the catalog: what is said of them from now on shows the change. */
  settled(nowMs: number): string[] {
    return [...this.#changes].flatMap(([name, { seenAtMs }]) =>
      nowMs >= seenAtMs + this.options.settleMs ? [name] : [],
    );
  }

  /** Lets go of an id, unless it was named again meanwhile. */
  forgetSettled(name: string, nowMs: number): void {
    const change = this.#changes.get(name);
    if (change && nowMs >= change.seenAtMs + this.options.settleMs) this.#changes.delete(name);
  }

  clear(): void {
    this.#changes.clear();
  }
}
