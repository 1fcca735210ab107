import { LRUCache } from 'lru-cache';
import type { Logger } from '../ops/log.js';
import { placeOf } from './fact-shape.js';
import type { FactKey } from './store.js';

const maxTellings = 1_000;
const maxNamed = 10;

/** What was dropped out of the documents of one source because NuGet cannot read it: told once, and again when it changes, not on each refresh. */
export class DroppedVersions {
  readonly #tellings = new LRUCache<string, string>({ max: maxTellings });

  constructor(private readonly log: Logger) {}

  /** @param what was done with them */
  tell(key: FactKey, unparsable: readonly string[], what: string): void {
    const dropped = unparsable.slice(0, maxNamed);
    const telling = `${unparsable.length} ${dropped.join(' ')}`;
    const place = placeOf(key);
    if (unparsable.length === 0 || this.#tellings.get(place) === telling) return;
    this.#tellings.set(place, telling);
    const { source, kind, name } = key;
    this.log.warn({ source, id: name, kind, dropped, droppedCount: unparsable.length }, what);
  }
}
