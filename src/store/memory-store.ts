import { randomUUID } from 'node:crypto';
import type {
  Fact,
  FactKey,
  FactKind,
  FactStore,
  GcReport,
  IncomingPackage,
  KeptIds,
  Loan,
  NewFact,
  PackageContent,
  PackageFacts,
  PackageRow,
  PackageStore,
  Pin,
  PinnedPackage,
  Store,
  StoreHealth,
  StoreStats,
} from '../feed/store.js';
import { PinnedBytesError } from '../feed/store.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { factKey, packageKey } from './keys.js';
import { chunkBytes, createChunkMemory, GrowingChunk } from './level/chunk.js';
import { PackageCount } from './package-count.js';
import { checkRange } from './range.js';

/** A store that keeps everything in memory and nothing after the process: for tests and trials. */
export class MemoryStore implements Store {
  readonly facts: FactStore = new MemoryFacts();
  readonly packages: PackageStore;
  readonly #count = new PackageCount();

  constructor() {
    this.packages = new MemoryPackages(this.#count);
  }

  async stats(): Promise<StoreStats> {
    return { ...this.#count.totals, diskBytes: 0, deadBytes: 0, generations: 0, retainedBytes: 0 };
  }

  health(): StoreHealth {
    return { state: 'ok' };
  }

  /** Nothing is evicted here. */
  evictWhere(): void {}

  async gc(): Promise<GcReport> {
    return { freedBytes: 0, evicted: 0, moved: 0, retainedBytes: 0, generations: 0 };
  }

  async close(): Promise<void> {}
}

class MemoryFacts implements FactStore {
  readonly #kept = new Map<string, { readonly fact: Fact; readonly parts: readonly Buffer[] }>();

  async read(key: FactKey): Promise<Fact | undefined> {
    return this.#kept.get(factKey(key))?.fact;
  }

  async readPart(fact: Fact, part: number): Promise<Buffer | undefined> {
    if (part < 0 || part >= fact.partCount)
      throw new RangeError(`the fact has ${fact.partCount} parts: there is no part ${part}`);
    const kept = this.#kept.get(factKey(fact.key));
    return kept?.fact.epoch === fact.epoch ? kept.parts[part] : undefined;
  }

  async write(key: FactKey, { parts, head, ...rest }: NewFact): Promise<Fact> {
    const fact: Fact = { key, ...rest, head: structuredClone(head), partCount: parts.length, epoch: randomUUID() };
    this.#kept.set(factKey(key), { fact, parts: parts.map((part) => Buffer.from(part)) });
    return fact;
  }

  async confirm(fact: Fact, checkedAtMs: number): Promise<Fact> {
    const kept = this.#kept.get(factKey(fact.key));
    if (kept === undefined) return fact;
    if (kept.fact.epoch !== fact.epoch) return kept.fact;
    const confirmed = { ...kept.fact, checkedAtMs };
    this.#kept.set(factKey(fact.key), { fact: confirmed, parts: kept.parts });
    return confirmed;
  }

  async remove(key: FactKey): Promise<void> {
    this.#kept.delete(factKey(key));
  }

  async *list(kind: FactKind): AsyncGenerator<FactKey> {
    for (const { fact } of [...this.#kept.values()]) if (fact.key.kind === kind) yield fact.key;
  }
}

interface MemoryRow extends PackageRow {
  readonly location: readonly Buffer[];
}

class MemoryPackages implements PackageStore {
  readonly #rows = new Map<string, MemoryRow>();
  /** By key of the identity. */
  readonly #pins = new Map<string, PinnedPackage>();
  readonly #count: PackageCount;

  constructor(count: PackageCount) {
    this.#count = count;
  }

  async find(identity: PackageIdentity): Promise<PackageRow | undefined> {
    return this.#rows.get(packageKey(identity));
  }

  async open(row: PackageRow): Promise<PackageContent> {
    return new MemoryContent(row as MemoryRow);
  }

  isCurrent(row: PackageRow): boolean {
    return this.#rows.get(packageKey(row.identity)) === row;
  }

  begin(): IncomingPackage {
    return new MemoryIncoming((row) => this.#place(row));
  }

  async *list(): AsyncGenerator<PackageRow> {
    for (const key of [...this.#rows.keys()].sort()) {
      const row = this.#rows.get(key);
      if (row !== undefined) yield row;
    }
  }

  async versionsOf(id: PackageId): Promise<readonly PackageRow[]> {
    return [...this.#rows.values()].filter(({ identity }) => identity.id.equals(id));
  }

  get ids(): KeptIds {
    return this.#count.ids;
  }

  async remove(identity: PackageIdentity): Promise<boolean> {
    const row = this.#rows.get(packageKey(identity));
    if (row === undefined) return false;
    this.#rows.delete(packageKey(identity));
    this.#count.subtract(row);
    const { source, sha512 } = row;
    this.#pins.set(identity.key, { identity: row.identity, source, sha512 });
    this.#count.pin();
    return true;
  }

  async pinOf(identity: PackageIdentity): Promise<Pin | undefined> {
    const { source, sha512 } = this.#rows.get(packageKey(identity)) ?? this.#pins.get(identity.key) ?? {};
    return source === undefined || sha512 === undefined ? undefined : { source, sha512 };
  }

  async *pins(id?: PackageId): AsyncGenerator<PinnedPackage> {
    for (const key of [...this.#pins.keys()].sort()) {
      const pin = this.#pins.get(key);
      if (pin !== undefined && (id === undefined || pin.identity.id.equals(id))) yield pin;
    }
  }

  async purge(identity: PackageIdentity): Promise<boolean> {
    const wasKept = await this.remove(identity);
    return this.#unpin(identity) || wasKept;
  }

  #unpin({ key }: PackageIdentity): boolean {
    const wasPinned = this.#pins.delete(key);
    if (wasPinned) this.#count.unpin();
    return wasPinned;
  }

  #place(row: MemoryRow): MemoryRow {
    const kept = this.#rows.get(packageKey(row.identity));
    if (kept !== undefined) return kept;
    const pin = this.#pins.get(row.identity.key);
    if (pin !== undefined && pin.sha512 !== row.sha512)
      throw new PinnedBytesError(`${row.identity.toString()} is pinned to other bytes`, pin);
    this.#unpin(row.identity);
    this.#rows.set(packageKey(row.identity), row);
    this.#count.add(row);
    return row;
  }
}

class MemoryContent implements PackageContent {
  readonly size: number;
  readonly #chunks: readonly Buffer[];

  constructor(row: MemoryRow) {
    this.size = row.size;
    this.#chunks = row.location;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkRange(offset, offset + length, this.size);
    const pieces: Buffer[] = [];
    for await (const piece of this.#pieces(offset, offset + length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  stream(start = 0, end = this.size): AsyncIterable<Buffer> {
    checkRange(start, end, this.size);
    return this.#pieces(start, end);
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const chunk = this.#chunks[Math.floor(at / chunkBytes)]!;
      const from = at % chunkBytes;
      const piece = chunk.subarray(from, Math.min(chunk.length, from + end - at));
      at += piece.length;
      yield piece;
    }
  }
}

/** Chunks are never let go of here, so none of it is used again. */
const memory = createChunkMemory();

class MemoryIncoming implements IncomingPackage {
  readonly #place: (row: MemoryRow) => MemoryRow;
  readonly #chunks: GrowingChunk[] = [];
  #received = 0;
  #committed: MemoryRow | undefined;
  #isAborted = false;

  constructor(place: (row: MemoryRow) => MemoryRow) {
    this.#place = place;
  }

  get received(): number {
    return this.#received;
  }

  async append(piece: Buffer): Promise<void> {
    this.#assertUsable();
    if (this.#committed !== undefined) throw new Error('the package is complete: nothing can be appended');
    for (let rest = piece; rest.length > 0;) {
      let growing = this.#chunks.at(-1);
      if (growing === undefined || growing.isFull)
        this.#chunks.push((growing = new GrowingChunk(this.#chunks.length === 0, memory)));
      rest = rest.subarray(growing.take(rest));
    }
    this.#received += piece.length;
  }

  async peek(offset: number, maxLength: number): Promise<Buffer> {
    return this.#bytes(offset, maxLength);
  }

  lend(offset: number, maxLength: number): Loan {
    return { bytes: this.#bytes(offset, maxLength), release: () => undefined };
  }

  #bytes(offset: number, maxLength: number): Buffer {
    this.#assertUsable();
    if (offset < 0 || offset >= this.#received || maxLength < 1)
      throw new RangeError(`${maxLength} bytes from ${offset} do not lie within the ${this.#received} received`);
    const from = offset % chunkBytes;
    return this.#chunks[Math.floor(offset / chunkBytes)]!.bytes.subarray(from, from + maxLength);
  }

  async commit(facts: PackageFacts): Promise<PackageRow> {
    this.#assertUsable();
    const location = this.#chunks.map((chunk) => chunk.bytes);
    this.#committed ??= this.#place({ ...facts, size: this.#received, location });
    return this.#committed;
  }

  async abort(): Promise<void> {
    if (this.#committed === undefined) this.#isAborted = true;
  }

  #assertUsable(): void {
    if (this.#isAborted) throw new Error('the package was given up');
  }
}
