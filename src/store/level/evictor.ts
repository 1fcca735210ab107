import type { GcReport } from '../../feed/store.js';
import type { BlobLog } from './blob-log.js';
import { knownReason } from './disk-reason.js';
import { dropGeneration } from './generation-drop.js';
import type { Dropped, DropParts } from './generation-drop.js';
import type { Generation } from './generation.js';
import { liveRows } from './live-rows.js';
import type { Room } from './room.js';
import { Survivors, UsedAllowance } from './survivors.js';
import type { IsReplaceable } from './survivors.js';

/** A generation is worth dropping for this part of its bytes. */
const worthwhileShare = 0.1;
/** `gc` cleans generations with more dead bytes than this part. */
const dirtyShare = 0.25;
/** How long what was found not worth dropping, and has not changed, is not looked at again, in milliseconds. */
const reconsiderAfterMs = 60_000;
/** How long a store that was found full counts as full before it is looked at again, in milliseconds. */
const fullForMs = 5_000;
/** That the store is full is told this often while little helps, in milliseconds. */
const sayFullEveryMs = 600_000;
/** After a failure, in milliseconds. */
const restMs = 2_000;

export interface EvictorParts extends Omit<DropParts, 'onMoved' | 'assertGoingOn'> {
  readonly log: BlobLog;
  readonly room: Room;
}

/** What dropping a generation would come to. */
interface Prospect {
  readonly evicted: number;
  readonly moved: number;
  readonly movedBytes: number;
  readonly gainBytes: number;
}

/** Keeps the blob log within its room: drops whole generations, the oldest first, one at a time. */
export class Evictor {
  #isReplaceable: IsReplaceable | undefined;
  readonly #parts: EvictorParts;
  readonly #used = new UsedAllowance();
  /** By number of the generation: until when, as long as it stays what it was. */
  readonly #notWorthwhile = new Map<number, { readonly untilMs: number; readonly looks: string }>();
  #running: Promise<void> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #restsUntilMs = 0;
  #isClosed = false;
  #saidFullAtMs = Number.NEGATIVE_INFINITY;
  #saidFailed = false;

  constructor(parts: EvictorParts) {
    this.#parts = parts;
    parts.room.onPressed = () => this.kick();
  }

  evictWhere(isReplaceable: IsReplaceable, begins: 'at once' | 'when needed' = 'at once'): void {
    this.#isReplaceable = isReplaceable;
    if (begins === 'at once') this.reconsider();
  }

  /** What was said of generations may have changed: packages were removed, or others may be evicted. */
  reconsider(): void {
    this.#notWorthwhile.clear();
    this.#parts.room.isFull = false;
    this.#restsUntilMs = 0;
    this.#saidFullAtMs = Number.NEGATIVE_INFINITY;
    this.kick();
  }

  /** Sees whether there is too much. @returns whether something is being done about it */
  kick(): boolean {
    if (this.#running !== undefined) return true;
    if (this.#isClosed || !this.#parts.room.isOverTarget || performance.now() < this.#restsUntilMs) return false;
    this.#running = this.#alone(() => this.#evict())
      .then(() => undefined)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#running = undefined;
        this.#parts.room.changed();
      });
    return true;
  }

  async gc(dryRun: boolean): Promise<GcReport> {
    return this.#alone(() => (dryRun ? this.#foresee() : this.#clean()));
  }

  /** Ends between two packages. What was begun is taken up by the next process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tail.catch(() => undefined);
  }

  /** One at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.catch(() => undefined).then(work);
    this.#tail = done;
    return done;
  }

  async #evict(): Promise<Dropped[]> {
    const { room } = this.#parts;
    const dropped: Dropped[] = [];
    while (room.isOverTarget && !this.#isClosed) {
      const next = await this.#next();
      if (next === undefined) break;
      dropped.push(await this.#drop(next.generation, this.#isReplaceable, next.prospect.movedBytes));
      room.isFull = false;
      this.#saidFailed = false;
      room.changed();
    }
    return dropped;
  }

  /** The oldest that is worth it. Where none is left, the store is full. */
  async #next(): Promise<{ readonly generation: Generation; readonly prospect: Prospect } | undefined> {
    const { generations, shelf, room } = this.#parts;
    let isHeld = false;
    // The newest is taken last, and only when it is closed off: it may be the only one with something to give.
    for (let at = 0; at < generations.all.length && !this.#isClosed; at++) {
      const generation = generations.all[at]!;
      if (shelf.arriving.hasBetween(generation.first, generation.end)) {
        isHeld = true;
        continue;
      }
      const known = this.#notWorthwhile.get(generation.number);
      if (known !== undefined && known.untilMs > performance.now() && known.looks === looksOf(generation)) continue;
      const prospect = await this.#prospect(generation, this.#isReplaceable);
      const enoughBytes = worthwhileShare * Math.max(generation.bytes, room.generationBytes);
      if (prospect.gainBytes >= Math.min(enoughBytes, generation.bytes / 2)) {
        if (await this.#closeOff(generation)) return { generation, prospect };
        isHeld = true;
        continue;
      }
      const untilMs = performance.now() + reconsiderAfterMs;
      this.#notWorthwhile.set(generation.number, { untilMs, looks: looksOf(generation) });
    }
    if (!isHeld && !this.#isClosed) this.#full();
    return undefined;
  }

  /** Nothing is appended to it any more. @returns false while a package on its way has bytes there */
  async #closeOff(generation: Generation): Promise<boolean> {
    const { generations, log, shelf } = this.#parts;
    if (generation === generations.newest) await log.roll();
    return !shelf.arriving.hasBetween(generation.first, generation.end);
  }

  #full(): void {
    const { room, shelf, tell } = this.#parts;
    room.isFull = true;
    this.#restsUntilMs = performance.now() + fullForMs;
    if (performance.now() - this.#saidFullAtMs < sayFullEveryMs || this.#isReplaceable === undefined) return;
    this.#saidFullAtMs = performance.now();
    tell({
      level: 'warn',
      text: `the store cannot evict more: ${sum(shelf.retained.values())} bytes are of packages that no source can give back. Raise store.maxBytes or purge some`,
    });
  }

  /** @param gone records of packages that are in other generations too and are accounted for there; those met here are added */
  async #prospect(
    generation: Generation,
    isReplaceable: IsReplaceable | undefined,
    gone?: Set<number>,
  ): Promise<Prospect> {
    const { meta, shelf, generations } = this.#parts;
    const survivors = new Survivors(shelf, generation, isReplaceable, this.#used.of(generation));
    const found = { evicted: 0, moved: 0, movedBytes: 0 };
    let stayingBytes = 0;
    for await (const rows of liveRows(meta, generation))
      for (const row of rows) {
        if (gone?.has(row.location.record)) continue;
        gone?.add(row.location.record);
        if ((await survivors.fateOf(row)) === 'evicted') {
          found.evicted++;
          continue;
        }
        found.moved++;
        found.movedBytes += row.size;
        stayingBytes += generations.bytesIn(generation, row);
      }
    return { ...found, gainBytes: Math.max(0, generation.bytes - stayingBytes) };
  }

  async #drop(generation: Generation, isReplaceable: IsReplaceable | undefined, movedBytes: number): Promise<Dropped> {
    const { room } = this.#parts;
    room.reservedBytes = movedBytes;
    try {
      const onMoved = (bytes: number) => (room.reservedBytes = Math.max(0, room.reservedBytes - bytes));
      const assertGoingOn = () => {
        if (this.#isClosed) throw new Error('the store is closed');
      };
      const { liveBytes, bytes } = generation;
      const parts = { ...this.#parts, onMoved, assertGoingOn };
      const dropped = await dropGeneration(parts, generation, isReplaceable, this.#used.of(generation));
      if (isReplaceable !== undefined) this.#used.spend({ liveBytes, bytes }, dropped.usedBytes);
      return dropped;
    } finally {
      room.reservedBytes = 0;
    }
  }

  async #clean(): Promise<GcReport> {
    const { shelf } = this.#parts;
    const dropped: Dropped[] = [];
    for (const generation of this.#dirty()) {
      if (!(await this.#closeOff(generation))) continue;
      const { movedBytes } = await this.#prospect(generation, undefined);
      dropped.push(await this.#drop(generation, undefined, movedBytes));
    }
    this.#notWorthwhile.clear();
    dropped.push(...(await this.#evict()));
    return {
      freedBytes: sum(dropped.map(({ freedBytes }) => freedBytes)),
      evicted: sum(dropped.map(({ evicted }) => evicted)),
      moved: sum(dropped.map(({ moved }) => moved)),
      retainedBytes: sum(shelf.retained.values()),
      generations: dropped.length,
    };
  }

  async #foresee(): Promise<GcReport> {
    const { generations, log, room, shelf } = this.#parts;
    const dirty = new Set(this.#dirty());
    const found = { freedBytes: 0, evicted: 0, moved: 0, generations: 0 };
    const gone = new Set<number>();
    for (const mode of ['clean', 'evict'] as const)
      for (const generation of generations.all) {
        const isDue = mode === 'clean' ? dirty.has(generation) : log.bytes - found.freedBytes > room.targetBytes;
        if (!isDue || (mode === 'evict' && dirty.has(generation))) continue;
        const prospect = await this.#prospect(generation, mode === 'clean' ? undefined : this.#isReplaceable, gone);
        if (mode === 'evict' && prospect.gainBytes < worthwhileShare * generation.bytes) continue;
        found.freedBytes += generation.bytes - prospect.movedBytes;
        found.evicted += prospect.evicted;
        found.moved += prospect.moved;
        found.generations++;
      }
    return { ...found, retainedBytes: sum(shelf.retained.values()) };
  }

  /** Those worth cleaning that nobody writes into just now. */
  #dirty(): Generation[] {
    const { generations, shelf } = this.#parts;
    return generations.all.filter(
      ({ bytes, deadBytes, first, end }) =>
        deadBytes > dirtyShare * bytes && deadBytes > leastDeadBytes && !shelf.arriving.hasBetween(first, end),
    );
  }

  #failed(error: unknown): void {
    this.#restsUntilMs = performance.now() + restMs;
    if (this.#isClosed || this.#saidFailed) return;
    this.#saidFailed = true;
    const reason = knownReason(error) ?? (error instanceof Error ? error.message : String(error));
    this.#parts.tell({ level: 'warn', text: `the store could not make room: ${reason}; it is tried again` });
  }
}

/** Differs when something came to a generation, or lives in it no more. */
const looksOf = ({ bytes, liveBytes }: Generation): string => `${bytes} ${liveBytes}`;

/** Less than this is LevelDB's own. */
const leastDeadBytes = 64 * 1024;

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);
