import type { IncomingPackage, Loan, PackageFacts } from '../../feed/store.js';
import { chunkKey, packageKey, recordKey } from '../keys.js';
import type { Arrival } from './arriving.js';
import type { ChunkUse } from './chunk-memory.js';
import { chunkBytes, GrowingChunk } from './chunk.js';
import type { Write } from './database.js';
import type { LevelRow } from './package-record.js';
import { encodeRow, fromRuns, makeRow, toRuns } from './package-record.js';
import type { Shelf } from './shelf.js';

const maxUnwrittenChunks = 4;

/** A chunk on its way to the log. */
interface Unwritten {
  readonly bytes: Buffer;
  readonly use: ChunkUse;
  /** Never rejects: a failure is the whole package's. */
  readonly settled: Promise<void>;
}

/** A package while its bytes come in: cut into chunks that go to the log as they fill up. */
export class ArrivingPackage implements IncomingPackage, Arrival {
  readonly #shelf: Shelf;
  readonly #generation: number;
  /** Of the chunks handed to the log, in order. */
  #counters: number[] = [];
  #record: number | undefined;
  readonly #unwritten = new Map<number, Unwritten>();
  #growing: GrowingChunk | undefined;
  #received = 0;
  #failure: { readonly error: unknown } | undefined;
  #committing: Promise<LevelRow> | undefined;
  #discarding: Promise<void> | undefined;

  constructor(shelf: Shelf, generation: number) {
    this.#shelf = shelf;
    this.#generation = generation;
    shelf.arriving.add(this);
  }

  get received(): number {
    return this.#received;
  }

  get firstCounter(): number | undefined {
    return this.#counters[0] ?? this.#record;
  }

  async append(piece: Buffer): Promise<void> {
    if (this.#committing !== undefined) throw new Error('the package is complete: nothing can be appended');
    for (let rest = piece; rest.length > 0;) {
      this.#assertUsable();
      this.#growing ??= new GrowingChunk(this.#counters.length === 0, this.#shelf.chunks.memory);
      const taken = this.#growing.take(rest);
      this.#received += taken;
      rest = rest.subarray(taken);
      if (this.#growing.isFull) this.#ship(this.#growing);
      await this.#untilUnwritten(maxUnwrittenChunks);
    }
    this.#assertUsable();
  }

  async peek(offset: number, maxLength: number): Promise<Buffer> {
    const { index, from } = this.#locate(offset, maxLength);
    const inMemory = this.#inMemory(index);
    inMemory?.use.share();
    const chunk = inMemory?.bytes ?? (await this.#shelf.chunks.load(this.#counters[index]!));
    return chunk.subarray(from, from + maxLength);
  }

  lend(offset: number, maxLength: number): Loan | undefined {
    const { index, from } = this.#locate(offset, maxLength);
    const inMemory = this.#inMemory(index);
    return inMemory
      ? inMemory.use.lend(inMemory.bytes.subarray(from, from + maxLength))
      : this.#shelf.chunks.lend(this.#counters[index]!, from, from + maxLength);
  }

  commit(facts: PackageFacts): Promise<LevelRow> {
    this.#committing ??= this.#shelf.changes.run(packageKey(facts.identity), () => this.#commit(facts));
    return this.#committing;
  }

  async abort(): Promise<void> {
    const isCommitted = await this.#committing?.then(
      () => true,
      () => false,
    );
    if (isCommitted === true) return;
    this.#discarding ??= this.#deleteAll();
    await this.#discarding;
  }

  async #commit(facts: PackageFacts): Promise<LevelRow> {
    this.#assertUsable();
    const kept = await this.#shelf.find(facts.identity);
    if (kept !== undefined) return this.#yieldTo(kept, facts);
    // The record must not reach the log when a chunk did not.
    await this.#untilUnwritten(0);
    this.#assertUsable();
    const writes: Write<Buffer>[] = [];
    if (this.#growing !== undefined) writes.push(this.#take(this.#growing).write);
    this.#record = this.#shelf.log.takeCounter();
    const runs = toRuns(this.#counters);
    const location = { generation: this.#generation, record: this.#record, chunkBytes, runs };
    const row = makeRow(facts, this.#received, location);
    writes.push({ type: 'put', key: recordKey(this.#record), value: encodeRow(row) });
    await this.#shelf.log.write(writes, true);
    for (const [index, { bytes, use }] of this.#unwritten) this.#shelf.chunks.keep(this.#counters[index]!, bytes, use);
    this.#unwritten.clear();
    await this.#shelf.place(row, this);
    return row;
  }

  /** Readers that joined this copy go on from the kept one where it is the same. */
  async #yieldTo(kept: LevelRow, facts: PackageFacts): Promise<LevelRow> {
    await this.#untilUnwritten(0);
    const deletion = this.#deletion();
    const isSame = kept.sha512 === facts.sha512 && kept.size === this.#received;
    const canBeRead = isSame && kept.location.chunkBytes === chunkBytes;
    if (canBeRead) {
      this.#counters = fromRuns(kept.location.runs);
      this.#growing = undefined;
    }
    // From here on abort has nothing to delete: these counters may be the kept package's.
    await this.#delete(deletion);
    return kept;
  }

  #ship(chunk: GrowingChunk): void {
    const { index, counter, write } = this.#take(chunk);
    const { bytes, use } = chunk;
    const settled = this.#shelf.log.write([write], false).then(
      () => {
        this.#shelf.chunks.keep(counter, bytes, use);
        this.#unwritten.delete(index);
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#unwritten.set(index, { bytes, use, settled });
  }

  /** Gives the chunk its counter; until it is written, it is read from memory. */
  #take(chunk: GrowingChunk): { index: number; counter: number; write: Write<Buffer> } {
    const index = this.#counters.length;
    const counter = this.#shelf.log.takeCounter();
    this.#counters.push(counter);
    this.#unwritten.set(index, { bytes: chunk.bytes, use: chunk.use, settled: Promise.resolve() });
    this.#growing = undefined;
    return { index, counter, write: { type: 'put', key: chunkKey(counter), value: chunk.seal() } };
  }

  async #untilUnwritten(most: number): Promise<void> {
    while (this.#unwritten.size > most && this.#failure === undefined) {
      const [oldest] = this.#unwritten.values();
      await oldest?.settled;
    }
  }

  #locate(offset: number, maxLength: number): { readonly index: number; readonly from: number } {
    if (this.#discarding !== undefined) throw new Error('the package was given up');
    if (offset < 0 || offset >= this.#received || maxLength < 1)
      throw new RangeError(`${maxLength} bytes from ${offset} do not lie within the ${this.#received} received`);
    const index = Math.floor(offset / chunkBytes);
    return { index, from: offset - index * chunkBytes };
  }

  #inMemory(index: number): { readonly bytes: Buffer; readonly use: ChunkUse } | undefined {
    return this.#unwritten.get(index) ?? (index === this.#counters.length ? this.#growing : undefined);
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#discarding !== undefined) throw new Error('the package was given up');
    this.#shelf.assertOpen();
  }

  async #deleteAll(): Promise<void> {
    await Promise.all([...this.#unwritten.values()].map((chunk) => chunk.settled));
    this.#growing = undefined;
    this.#unwritten.clear();
    await this.#delete(this.#deletion());
  }

  #deletion(): Write<Buffer>[] {
    const keys = this.#counters.map(chunkKey);
    if (this.#record !== undefined) keys.push(recordKey(this.#record));
    return keys.map((key) => ({ type: 'del', key }));
  }

  async #delete(deletion: Write<Buffer>[]): Promise<void> {
    try {
      // Synced, because from now on the checkpoint may pass these chunks.
      if (deletion.length > 0) await this.#shelf.log.write(deletion, true);
      this.#shelf.arriving.delete(this);
    } catch {
      // The disk refuses. Still counted as arriving, this package holds the checkpoint, so the next opening sweeps its chunks.
    }
  }
}
