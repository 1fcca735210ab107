import { randomUUID } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import { DamagedFactError, UnreadableError } from './store.js';
import type { Fact, FactKey, FactStore, NewFact } from './store.js';
import type { StoreTrouble } from './store-trouble.js';

interface Passing {
  readonly fact: Fact;
  readonly parts: readonly Buffer[];
}

/** What a fact in memory takes beside its parts, in bytes. */
const factBytes = 2_000;

const maxDamaged = 10_000;
/** How long a fact of which a part could not be read counts as not kept, in milliseconds. */
const unreadableForMs = 5_000;

/**
 * The store's facts and, while it cannot write, those of late in memory: so that a full disk costs nobody an answer. What the store cannot
 * read, and what is damaged in it, counts as not kept: it is asked of the source again, and replaced.
 */
export class PassingFacts implements FactStore {
  readonly #passing: LRUCache<string, Passing>;
  /** By name of the fact: the epoch of which a part is damaged, or none where its header is. */
  readonly #damaged = new LRUCache<string, string>({ max: maxDamaged });
  readonly #unreadable = new LRUCache<string, string>({ max: maxDamaged, ttl: unreadableForMs });

  constructor(
    private readonly facts: FactStore,
    private readonly trouble: StoreTrouble,
    maxBytes: number,
    /** Told once of each fact that is damaged. */
    private readonly onDamaged: (key: FactKey, error: Error) => void = () => undefined,
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
      const fact = await this.facts.read(key);
      const name = nameOf(key);
      const isWhole = this.#damaged.get(name) !== fact?.epoch && this.#unreadable.get(name) !== fact?.epoch;
      return isWhole ? fact : undefined;
    } catch (error) {
      if (error instanceof DamagedFactError) this.#noteDamage(key, '', error);
      // The store itself tells of what it cannot read, and says when it can again.
      else if (!(error instanceof UnreadableError)) this.trouble.failed(error);
      return undefined;
    }
  }

  async readPart(fact: Fact, part: number): Promise<Buffer | undefined> {
    const passing = this.#passing.get(nameOf(fact.key));
    if (passing?.fact.epoch === fact.epoch && passing.parts.length > 0) return passing.parts[part];
    try {
      const bytes = await this.facts.readPart(fact, part);
      if (bytes === undefined && (await this.facts.read(fact.key))?.epoch === fact.epoch)
        throw new DamagedFactError(`part ${part} of it is missing`);
      return bytes;
    } catch (error) {
      if (error instanceof DamagedFactError) this.#noteDamage(fact.key, fact.epoch, error);
      else if (error instanceof UnreadableError) this.#unreadable.set(nameOf(fact.key), fact.epoch);
      else throw error;
      return undefined;
    }
  }

  async write(key: FactKey, fact: NewFact): Promise<Fact> {
    const name = nameOf(key);
    try {
      const written = await this.facts.write(key, fact);
      this.#passing.delete(name);
      this.#damaged.delete(name);
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

  #noteDamage(key: FactKey, epoch: string, error: Error): void {
    const name = nameOf(key);
    if (this.#damaged.has(name)) return;
    this.#damaged.set(name, epoch);
    this.onDamaged(key, error);
  }

  list: FactStore['list'] = (kind) => this.facts.list(kind);
}

const nameOf = ({ source, kind, name }: FactKey): string => `${source} ${kind} ${name}`;
