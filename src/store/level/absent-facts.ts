import { under } from '../keys.js';
import type { Database } from './database.js';
import { KeyFilter } from './key-filter.js';

/**
 * Which facts are surely not kept, so that nobody looks for them: most that a package's first request asks for. Once the keys that the
 * index had were read, in the background; until then nothing is sure.
 */
export class AbsentFacts {
  readonly #kept = new KeyFilter();
  readonly #reading: Promise<void>;
  #isRead = false;
  #isClosed = false;

  constructor(meta: Database<string>) {
    // Where keys cannot be read facts are looked for, and who does is told why they cannot be read.
    this.#reading = this.#read(meta).catch(() => undefined);
  }

  /** @param headerKey `factKey` */
  has(headerKey: string): boolean {
    return this.#isRead && !this.#isClosed && !this.#kept.mayHave(headerKey);
  }

  /** To be called before anything of a fact is written. */
  comes(headerKey: string): void {
    this.#kept.add(headerKey);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading;
  }

  async #read(meta: Database<string>): Promise<void> {
    for await (const keys of meta.keysAtATime(under('fact'))) {
      if (this.#isClosed) return;
      for (const key of keys) this.#kept.add(key);
    }
    this.#isRead = true;
  }
}
