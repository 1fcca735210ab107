import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogEvent } from '../nuget/catalog-event.js';
import { shows } from './catalog-evidence.js';
import type { Fact, FactKind } from './store.js';

/** Events noted between two turns of the event loop: about 2 ms. */
const sliceSize = 2_000;

/** What a catalog told of one id and documents made from it may not show yet. */
interface Change {
  /** When it was read, in ms since the epoch. */
  readonly seenAtMs: number;
  /** The newest of each version; absent where only the id is known: then nothing can be shown to know of it. */
  readonly events: Map<string, CatalogEvent> | undefined;
  /** What was found of the facts as they were written last. */
  readonly judged: Map<FactKind, { readonly epoch: string; readonly isShown: boolean }>;
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

  /**
   * Lets the loop go between two slices: after days away there are tens of thousands.
   * @param events in the order of their commits
   */
  async note(events: readonly CatalogEvent[], seenAtMs: number): Promise<void> {
    for (const [place, event] of events.entries()) {
      if (place % sliceSize === sliceSize - 1) await nextTurn();
      const name = event.id.key;
      const known = this.#changes.get(name);
      const told = known ? known.events : new Map<string, CatalogEvent>();
      told?.set(event.version?.key ?? '', event);
      this.#set(name, seenAtMs, told);
    }
  }

  /** Takes note of ids of which is only known that something changed. */
  noteBlindly(names: readonly string[], seenAtMs: number): void {
    for (const name of names) this.#set(name, seenAtMs, undefined);
  }

  /** Whether the fact knows of all that was told of its id. */
  areShownBy(fact: Fact): boolean {
    const change = this.#changes.get(fact.key.name);
    if (change === undefined || fact.checkedAtMs >= change.seenAtMs + this.options.settleMs) return true;
    const { events, judged } = change;
    if (events === undefined) return false;
    const { kind } = fact.key;
    const before = judged.get(kind);
    if (before?.epoch === fact.epoch) return before.isShown;
    const isShown = shows(fact, events.values());
    judged.set(kind, { epoch: fact.epoch, isShown });
    return isShown;
  }

  /** Ids whose documents are taken to have followed the catalog: what is said of them from now on shows the change. */
  settled(nowMs: number): string[] {
    const names: string[] = [];
    // In the order in which they were seen last.
    for (const [name, { seenAtMs }] of this.#changes) {
      if (nowMs < seenAtMs + this.options.settleMs) break;
      names.push(name);
    }
    return names;
  }

  /** Lets go of an id, unless it was named again meanwhile. */
  forgetSettled(name: string, nowMs: number): void {
    const change = this.#changes.get(name);
    if (change && nowMs >= change.seenAtMs + this.options.settleMs) this.#changes.delete(name);
  }

  clear(): void {
    this.#changes.clear();
  }

  /** As the last one seen. */
  #set(name: string, seenAtMs: number, events: Change['events']): void {
    this.#changes.delete(name);
    this.#changes.set(name, { seenAtMs, events, judged: new Map() });
  }
}
