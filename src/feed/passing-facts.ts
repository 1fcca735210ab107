import { randomUUID } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { Fact, FactKey, FactStore, NewFact } from './store.js';
import type { StoreTrouble } from './store-trouble.js';

interface Passing {
  readonly fact: Fact;
  readonly parts: readonly Buffer[];
}

/** What a fact in memory takes beside its parts, in bytes. */
const factBytes = 2_000;

/**
 * The store's facts and, while it cannot write, those of late in memory: so that a full disk costs nobody an answer. What the store cannot
 * read is asked of the source again.
 */
export class PassingFacts implements FactStore {
  readonly #passing: LRUCache<string, Passing>;

  constructor(
    private readonly facts: FactStore,
    private readonly trouble: StoreTrouble,
    maxBytes: number,
  ) {
    this.#passing = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ parts }) => parts.reduce((sum, part) => sum + part.length, factBytes),
    });
  }

  async read(key: FactKey): Promise<Fact | undefined> {
    const passing = this.#passing.get(nameOf(key));
    if (passing) return passing.fact;
    try {
      return await this.facts.read(key);
    } catch (error) {
      this.trouble.failed(error);
      return undefined;
    }
  }

  async readPart(fact: Fact, part: number): Promise<Buffer | undefined> {
    const passing = this.#passing.get(nameOf(fact.key));
    if (passing?.fact.epoch === fact.epoch && passing.parts.length > 0) return passing.parts[part];
    return this.facts.readPart(fact, part);
  }

  async write(key: FactKey, fact: NewFact): Promise<Fact> {
    const name = nameOf(key);
    try {
      const written = await this.facts.write(key, fact);
      this.#passing.delete(name);
      this.trouble.worked();
      return written;
    } catch (error) {
      this.trouble.failed(error);
      const { parts, ...rest } = fact;
      const passing: Fact = { ...rest, key, partCount: parts.length, epoch: randomUUID() };
      this.#passing.set(name, { fact: passing, parts });
      return passing;
    }
  }

  async confirm(fact: Fact, checkedAtMs: number): Promise<Fact> {
    const name = nameOf(fact.key);
    const passing = this.#passing.get(name);
    if (passing?.fact.epoch === fact.epoch && passing.parts.length === fact.partCount) {
      // Perhaps the store takes it by now.
      const { key, state, validators, head } = fact;
      return this.write(key, { state, checkedAtMs, validators, head, parts: passing.parts });
    }
    try {
      const confirmed = await this.facts.confirm(fact, checkedAtMs);
      this.#passing.delete(name);
      this.trouble.worked();
      return confirmed;
    } catch (error) {
      this.trouble.failed(error);
      const confirmed = { ...fact, checkedAtMs };
      // Its parts are read from the store on.
      this.#passing.set(name, { fact: confirmed, parts: [] });
      return confirmed;
    }
  }

  async remove(key: FactKey): Promise<void> {
    this.#passing.delete(nameOf(key));
    await this.facts.remove(key);
  }

  list: FactStore['list'] = (kind) => this.facts.list(kind);
}

const nameOf = ({ source, kind, name }: FactKey): string => `${source} ${kind} ${name}`;
