import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DamagedFactError, UnreadableError } from '../../feed/store.js';
import type { Fact, FactKey, FactKind, FactStore, NewFact } from '../../feed/store.js';
import { factKey, partKey, partKeyOf, headerKeyOf, readFactKey, partsOf, unfinishedKey, under } from '../keys.js';
import { SerialByKey } from '../serial-by-key.js';
import { AbsentFacts } from './absent-facts.js';
import { isCorruption } from './corruption.js';
import type { Database, Write } from './database.js';
import { decodeHeader, encodeHeader } from './fact-header.js';
import type { Header } from './fact-header.js';
import { RecentRows } from './recent-rows.js';

const maxBatchBytes = 1024 * 1024;

/** Parts that were written ahead of a header: to be deleted when that header never came. */
interface Unfinished {
  readonly epoch: string;
  readonly partCount: number;
}

/** Facts as a header and parts. A part's key holds the epoch of its fact, so no reader can join parts of two writes. */
export class LevelFacts implements FactStore {
  readonly #meta: Database<string>;
  readonly #absent: AbsentFacts;
  readonly #recent: RecentRows;
  readonly #changes = new SerialByKey();
  /** Headers of first facts that are being written: until then there is nothing to read. */
  readonly #coming = new Map<string, Promise<unknown>>();
  #isClosed = false;

  /** @param recentBytes how much of what was just written is read from memory */
  constructor(meta: Database<string>, recentBytes: number) {
    this.#meta = meta;
    this.#recent = new RecentRows(recentBytes);
    this.#absent = new AbsentFacts(meta);
  }

  async read(key: FactKey): Promise<Fact | undefined> {
    const headerKey = factKey(key);
    if (this.#absent.has(headerKey)) return undefined;
    const coming = this.#coming.get(headerKey);
    if (coming !== undefined) await coming;
    const header = await this.#readHeader(key, headerKey);
    return header && { key, ...header };
  }

  async readPart(fact: Fact, part: number): Promise<Buffer | undefined> {
    if (part < 0 || part >= fact.partCount)
      throw new RangeError(`the fact has ${fact.partCount} parts: there is no part ${part}`);
    const bytes = await this.#whole(fact.key, () => this.#row(partKey(fact.key, fact.epoch, part), true));
    const checksum = fact.partChecksums?.[part];
    if (bytes !== undefined && checksum !== undefined && crc32(bytes) !== checksum)
      throw new DamagedFactError(`part ${part} of the fact ${factKey(fact.key)} is not what was written`);
    return bytes;
  }

  write(key: FactKey, fact: NewFact): Promise<Fact> {
    const headerKey = factKey(key);
    return this.#changes.run(headerKey, async () => {
      this.#assertOpen();
      const { state, checkedAtMs, validators, head, parts } = fact;
      const header: Header = {
        ...{ state, checkedAtMs, validators, head, partCount: parts.length, epoch: randomUUID() },
        partChecksums: parts.map((part) => crc32(part)),
      };
      // What is told to come stays so when it fails, and then parts of it are looked for.
      const isFirst = this.#absent.has(headerKey);
      this.#absent.comes(headerKey);
      const old = isFirst ? [] : await this.#old(key);
      const last = await this.#writeAhead(key, header, parts);
      last.push({ type: 'put', key: headerKey, value: encodeHeader(header) });
      last.push(...old);
      const writing = this.#write(last);
      if (isFirst) this.#comes(headerKey, writing);
      await writing;
      return { key, ...header };
    });
  }

  /** @returns the fact as it is kept now: the confirmed one, or the one that replaced it meanwhile */
  confirm(fact: Fact, checkedAtMs: number): Promise<Fact> {
    const headerKey = factKey(fact.key);
    return this.#changes.run(headerKey, async () => {
      this.#assertOpen();
      const kept = await this.#readHeader(fact.key, headerKey);
      if (kept === undefined) return fact;
      if (kept.epoch !== fact.epoch) return { key: fact.key, ...kept };
      const confirmed = { ...kept, checkedAtMs };
      await this.#write([{ type: 'put', key: headerKey, value: encodeHeader(confirmed) }]);
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
      await this.#write(writes);
    });
  }

  async *list(kind: FactKind): AsyncGenerator<FactKey> {
    for await (const headerKeys of this.#meta.keysAtATime(under('fact')))
      for (const headerKey of headerKeys) {
        const key = readFactKey(headerKey);
        if (key.kind === kind) yield key;
      }
  }

  /** Ends what is going on and lets nothing new begin. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#absent.close(), this.#changes.idle()]);
    this.#recent.clear();
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
    if (isMarked) batch.push({ type: 'del', key: unfinishedKey(key) });
    return batch;
  }

  /** What deletes the parts of the fact that is there. Of one that is damaged they are found by their keys, or stay. */
  async #old(key: FactKey): Promise<Write<string>[]> {
    try {
      const [old, unfinished] = await this.#whole(key, async () => {
        const [header, mark] = await this.#meta.getMany([factKey(key), unfinishedKey(key)]);
        return [header && decodeHeader(header), mark && decode<Unfinished>(mark)] as const;
      });
      if (unfinished !== undefined) await this.#meta.batch(deleteUnfinished(unfinishedKey(key), unfinished));
      return old === undefined ? [] : deleteParts(factKey(key), old);
    } catch (error) {
      if (!(error instanceof DamagedFactError)) throw error;
    }
    const writes: Write<string>[] = [{ type: 'del', key: unfinishedKey(key) }];
    try {
      for await (const part of this.#meta.keys(partsOf(key))) writes.push({ type: 'del', key: part });
    } catch (error) {
      if (!isCorruption(error)) throw error;
    }
    return writes;
  }

  async #readHeader(key: FactKey, headerKey: string): Promise<Header | undefined> {
    return this.#whole(key, async () => {
      const header = await this.#row(headerKey);
      return header && decodeHeader(header);
    });
  }

  async #row(key: string, isLarge = false): Promise<Buffer | undefined> {
    return this.#recent.get(key) ?? this.#meta.get(key, isLarge);
  }

  #comes(headerKey: string, writing: Promise<void>): void {
    const over = (): unknown => this.#coming.delete(headerKey);
    this.#coming.set(headerKey, writing.then(over, over));
  }

  /** Rows of one fact, whose turn it is. */
  async #write(writes: Write<string>[]): Promise<void> {
    this.#recent.replace(writes);
    await this.#meta.batch(writes);
    this.#recent.written(writes);
  }

  /** @throws DamagedFactError where what is read cannot be understood */
  async #whole<T>(key: FactKey, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof UnreadableError || !(isCorruption(error) || error instanceof SyntaxError)) throw error;
      throw new DamagedFactError(`the fact ${factKey(key)} is damaged`, { cause: error });
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new Error('the store is closed');
  }
}

/** Deletes the parts whose header never came: a crash fell between them. */
export async function sweepUnfinishedFacts(meta: Database<string>): Promise<void> {
  for await (const [mark, value] of meta.entries(under('unfinished')))
    await meta.batch(deleteUnfinished(mark, decode<Unfinished>(value)));
}

function deleteUnfinished(mark: string, value: Unfinished): Write<string>[] {
  return [...deleteParts(headerKeyOf(mark), value), { type: 'del', key: mark }];
}

const unfinishedOf = ({ epoch, partCount }: Header): Unfinished => ({ epoch, partCount });

function deleteParts(headerKey: string, { epoch, partCount }: Unfinished): Write<string>[] {
  return Array.from({ length: partCount }, (_, part) => ({ type: 'del', key: partKeyOf(headerKey, epoch, part) }));
}

const encode = (value: Unfinished): Buffer => Buffer.from(JSON.stringify(value));
const decode = <T>(bytes: Buffer): T => JSON.parse(bytes.toString()) as T;
