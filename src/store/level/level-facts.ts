import { randomUUID } from 'node:crypto';
import type { Fact, FactKey, FactKind, FactStore, NewFact } from '../../feed/store.js';
import { factKey, partKey, partKeyOf, headerKeyOf, readFactKey, partsOf, unfinishedKey, under } from '../keys.js';
import { SerialByKey } from '../serial-by-key.js';
import type { Database, Write } from './database.js';

const maxBatchBytes = 1024 * 1024;

type Header = Omit<Fact, 'key'>;

/** Parts that were written ahead of a header: to be deleted when that header never came. */
interface Unfinished {
  readonly epoch: string;
  readonly partCount: number;
}

/** Facts as a header and parts. A part's key holds the epoch of its fact, so no reader can join parts of two writes. */
export class LevelFacts implements FactStore {
  readonly #meta: Database<string>;
  readonly #changes = new SerialByKey();
  #isClosed = false;

  constructor(meta: Database<string>) {
    this.#meta = meta;
  }

  async read(key: FactKey): Promise<Fact | undefined> {
    const header = await this.#readHeader(key);
    return header && { key, ...header };
  }

  async readPart(fact: Fact, part: number): Promise<Buffer | undefined> {
    if (part < 0 || part >= fact.partCount)
      throw new RangeError(`the fact has ${fact.partCount} parts: there is no part ${part}`);
    return this.#meta.get(partKey(fact.key, fact.epoch, part), true);
  }

  write(key: FactKey, fact: NewFact): Promise<Fact> {
    return this.#changes.run(factKey(key), async () => {
      this.#assertOpen();
      const { state, checkedAtMs, validators, head, parts } = fact;
      const header: Header = { state, checkedAtMs, validators, head, partCount: parts.length, epoch: randomUUID() };
      const [old, unfinished] = await this.#meta.getMany([factKey(key), unfinishedKey(key)]);
      if (unfinished !== undefined) await this.#meta.batch(deleteUnfinished(unfinishedKey(key), unfinished));
      const last = await this.#writeAhead(key, header, parts);
      last.push({ type: 'put', key: factKey(key), value: encode(header) });
      if (old !== undefined) last.push(...deleteParts(factKey(key), decode<Header>(old)));
      last.push({ type: 'del', key: unfinishedKey(key) });
      await this.#meta.batch(last);
      return { key, ...header };
    });
  }

  /** @returns the fact as it is kept now: the confirmed one, or the one that replaced it meanwhile */
  confirm(fact: Fact, checkedAtMs: number): Promise<Fact> {
    return this.#changes.run(factKey(fact.key), async () => {
      this.#assertOpen();
      const kept = await this.#readHeader(fact.key);
      if (kept === undefined) return fact;
      if (kept.epoch !== fact.epoch) return { key: fact.key, ...kept };
      const confirmed = { ...kept, checkedAtMs };
      await this.#meta.batch([{ type: 'put', key: factKey(fact.key), value: encode(confirmed) }]);
      return { key: fact.key, ...confirmed };
    });
  }

  remove(key: FactKey): Promise<void> {
    return this.#changes.run(factKey(key), async () => {
      this.#assertOpen();
      const writes: Write<string>[] = [
        { type: 'del', key: factKey(key) },
        { type: 'del', key: unfinishedKey(key) },
      ];
      // By their keys, not by the header: that may be what is damaged.
      for await (const part of this.#meta.keys(partsOf(key))) writes.push({ type: 'del', key: part });
      await this.#meta.batch(writes);
    });
  }

  async *list(kind: FactKind): AsyncGenerator<FactKey> {
    for await (const headerKey of this.#meta.keys(under('fact'))) {
      const key = readFactKey(headerKey);
      if (key.kind === kind) yield key;
    }
  }

  /** Ends what is going on and lets nothing new begin. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#changes.idle();
  }

  /** Writes so many parts that the rest fits into one batch, and returns the writes of the rest. */
  async #writeAhead(key: FactKey, header: Header, parts: readonly Buffer[]): Promise<Write<string>[]> {
    let batch: Write<string>[] = [];
    let bytes = 0;
    let isMarked = false;
    for (const [number, part] of parts.entries()) {
      if (bytes > 0 && bytes + part.length > maxBatchBytes) {
        if (!isMarked) batch.unshift({ type: 'put', key: unfinishedKey(key), value: encode(unfinishedOf(header)) });
        isMarked = true;
        await this.#meta.batch(batch);
        batch = [];
        bytes = 0;
      }
      batch.push({ type: 'put', key: partKey(key, header.epoch, number), value: part });
      bytes += part.length;
    }
    return batch;
  }

  async #readHeader(key: FactKey): Promise<Header | undefined> {
    const header = await this.#meta.get(factKey(key));
    return header && decode<Header>(header);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new Error('the store is closed');
  }
}

/** Deletes the parts whose header never came: a crash fell between them. */
export async function sweepUnfinishedFacts(meta: Database<string>): Promise<void> {
  for await (const [mark, value] of meta.entries(under('unfinished'))) await meta.batch(deleteUnfinished(mark, value));
}

function deleteUnfinished(mark: string, value: Buffer): Write<string>[] {
  return [...deleteParts(headerKeyOf(mark), decode<Unfinished>(value)), { type: 'del', key: mark }];
}

const unfinishedOf = ({ epoch, partCount }: Header): Unfinished => ({ epoch, partCount });

function deleteParts(headerKey: string, { epoch, partCount }: Unfinished): Write<string>[] {
  return Array.from({ length: partCount }, (_, part) => ({ type: 'del', key: partKeyOf(headerKey, epoch, part) }));
}

const encode = (value: Header | Unfinished): Buffer => Buffer.from(JSON.stringify(value));
const decode = <T>(bytes: Buffer): T => JSON.parse(bytes.toString()) as T;
