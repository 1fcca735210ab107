import { DamagedBlobError, PinnedBytesError } from '../../feed/store.js';
import type { IncomingPackage, Loan, PackageFacts } from '../../feed/store.js';
import { chunkKey, packageKey, recordKey } from '../keys.js';
import type { Arrival } from './arriving.js';
import type { ChunkUse } from './chunk-memory.js';
import { chunkBytes, GrowingChunk } from './chunk.js';
import type { Write } from './database.js';
import type { LevelRow } from './package-record.js';
import { encodeRow, fromRuns, makeRow, toRuns } from './package-record.js';
import { tooLargeError } from './room.js';
import type { Room } from './room.js';
import type { Shelf } from './shelf.js';

const maxUnwrittenChunks = 4;
/** Of a commit record, about. */
const recordBytes = 1024;

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
  readonly #room: Room;
  /** Of the chunks handed to the log, in order. */
  #counters: number[] = [];
  #record: number | undefined;
  readonly #unwritten = new Map<number, Unwritten>();
  #growing: GrowingChunk | undefined;
  #received = 0;
  #failure: { readonly error: unknown } | undefined;
  #committing: Promise<LevelRow> | undefined;
  #discarding: Promise<void> | undefined;
  /** Where the bytes are to be found after commit. */
  #placed: LevelRow | undefined;

  constructor(shelf: Shelf, room: Room) {
    this.#shelf = shelf;
    this.#room = room;
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
      if (this.#received > this.#room.maxPackageBytes) throw tooLargeError(this.#room.maxPackageBytes);
      if (this.#growing.isFull) await this.#ship(this.#growing);
      await this.#untilUnwritten(maxUnwrittenChunks);
    }
    this.#assertUsable();
  }

  async peek(offset: number, maxLength: number): Promise<Buffer> {
    const { index, from } = this.#locate(offset, maxLength);
    const inMemory = this.#inMemory(index);
    inMemory?.use.share();
    const chunk = inMemory?.bytes ?? (await this.#load(index));
    return chunk.subarray(from, from + maxLength);
  }

  lend(offset: number, maxLength: number): Loan | undefined {
    const { index, from } = this.#locate(offset, maxLength);
    const inMemory = this.#inMemory(index);
    return inMemory
      ? inMemory.use.lend(inMemory.bytes.subarray(from, from + maxLength))
      : this.#shelf.chunks.lend(this.#counters[index]!, from, from + maxLength);
  }

  async #load(index: number): Promise<Buffer> {
    try {
      return await this.#shelf.chunks.load(this.#counters[index]!);
    } catch (error) {
      const now = this.#placed && (await this.#shelf.find(this.#placed.identity));
      const hasMoved = now !== undefined && now.location.record !== this.#placed?.location.record;
      if (!(error instanceof DamagedBlobError) || !hasMoved || now.sha512 !== this.#placed?.sha512) throw error;
      this.#placed = now;
      this.#counters = fromRuns(now.location.runs);
      return this.#load(index);
    }
  }

  commit(facts: PackageFacts): Promise<LevelRow> {
    this.#committing ??= this.#commitInRoom(facts);
    return this.#committing;
  }

  hasBetween(first: number, end: number): boolean {
    return this.#counters.some((counter) => first <= counter && counter < end);
  }

  async abort(): Promise<void> {
    const isCommitted = await this.#committing?.then(
      () => true,
      () => false,
    );
    if (isCommitted === true) return;
    this.#discarding ??= this.#leave();
    await this.#discarding;
  }

  /** The room is waited for before the package's turn: eviction too waits for turns. */
  async #commitInRoom(facts: PackageFacts): Promise<LevelRow> {
    this.#assertUsable();
    const given = await this.#room.take((this.#growing?.bytes.length ?? 0) + recordBytes);
    try {
      return await this.#shelf.changes.run(packageKey(facts.identity), () => this.#commit(facts, given));
    } finally {
      given();
    }
  }

  async #commit(facts: PackageFacts, given: () => void): Promise<LevelRow> {
    this.#assertUsable();
    const kept = await this.#shelf.find(facts.identity);
    if (kept !== undefined) return this.#yieldTo(kept, facts);
    const pin = await this.#shelf.pinOf(facts.identity);
    if (pin !== undefined && pin.sha512 !== facts.sha512)
      throw new PinnedBytesError(`${facts.identity.toString()} is pinned to other bytes`, pin);
    // The record must not reach the log when a chunk did not.
    await this.#untilUnwritten(0);
    this.#assertUsable();
    const writes: Write<Buffer>[] = [];
    if (this.#growing !== undefined) writes.push(this.#take(this.#growing).write);
    this.#record = this.#shelf.log.takeCounter();
    const runs = toRuns(this.#counters);
    const row = makeRow(facts, this.#received, { record: this.#record, chunkBytes, runs });
    writes.push({ type: 'put', key: recordKey(this.#record), value: encodeRow(row) });
    const written = this.#shelf.log.write(writes, true);
    given();
    await written;
    for (const [index, { bytes, use }] of this.#unwritten) this.#shelf.chunks.keep(this.#counters[index]!, bytes, use);
    this.#unwritten.clear();
    await this.#shelf.place(row, this);
    this.#shelf.arriving.delete(this);
    this.#placed = row;
    return row;
  }

  /** Readers that joined this copy go on from the kept one where it is the same. */
  async #yieldTo(kept: LevelRow, facts: PackageFacts): Promise<LevelRow> {
    await this.#untilUnwritten(0);
    const isSame = kept.sha512 === facts.sha512 && kept.size === this.#received;
    const canBeRead = isSame && kept.location.chunkBytes === chunkBytes;
    if (canBeRead) {
      this.#counters = fromRuns(kept.location.runs);
      this.#unwritten.clear();
      this.#growing = undefined;
      this.#placed = kept;
    }
    this.#shelf.arriving.delete(this);
    return kept;
  }

  async #ship(chunk: GrowingChunk): Promise<void> {
    const given = await this.#room.take(chunkBytes);
    if (this.#growing !== chunk || this.#discarding !== undefined) return given();
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
    given();
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

  /** Its chunks stay behind as dead bytes, until their generation goes. */
  async #leave(): Promise<void> {
    await Promise.all([...this.#unwritten.values()].map((chunk) => chunk.settled));
    this.#growing = undefined;
    this.#unwritten.clear();
    this.#shelf.arriving.delete(this);
  }
}
