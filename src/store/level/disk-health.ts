import type { StoreHealth } from '../../feed/store.js';
import type { Database, DiskWatch } from './database.js';
import { reasonOf } from './disk-reason.js';
import type { Note } from './note.js';

const probeEveryMs = 3_000;

/** What could not be read. */
interface Unread {
  readonly reason: string;
  readonly again: () => Promise<unknown>;
}

/** Whether the disk takes what is written and gives what is kept. It is told once when that ends, and once when it begins again. */
export class DiskHealth {
  readonly #failing = new Map<string, string>();
  readonly #unread = new Map<string, Unread>();
  readonly #databases = new Map<string, Pick<Database<string | Buffer>, 'probe'>>();
  #probedAtMs = -Infinity;

  constructor(
    private readonly now: () => number,
    private readonly tell: (note: Note) => void,
  ) {}

  /** For the database of that name. */
  watch(name: string): DiskWatch {
    return {
      failed: (error) => this.failed(name, error),
      healed: () => this.healed(name),
      unreadable: (error, again) => this.#cannotRead(name, { reason: reasonOf(error), again }),
      read: () => {
        if (this.#unread.size > 0) this.#probe();
      },
      closed: () => this.#forget(name),
    };
  }

  /** From now on `database` is probed while its writes fail. */
  probeWith(name: string, database: Pick<Database<string | Buffer>, 'probe'>): void {
    this.#databases.set(name, database);
  }

  failed(name: string, error: unknown): void {
    const reason = reasonOf(error);
    const isNews = this.#failing.size === 0;
    this.#failing.set(name, reason);
    if (isNews) this.tell({ level: 'error', text: `the store cannot write: ${reason}. What it has is served on` });
  }

  healed(name: string): void {
    if (!this.#failing.delete(name) || this.#failing.size > 0) return;
    this.tell({ level: 'info', text: 'the store writes again' });
  }

  get health(): StoreHealth {
    const [reason] = [...this.#failing.values(), ...[...this.#unread.values()].map((unread) => unread.reason)];
    if (reason === undefined) return { state: 'ok' };
    this.#probe();
    return { state: 'degraded', reason };
  }

  #cannotRead(name: string, unread: Unread): void {
    const isNews = this.#unread.size === 0;
    this.#unread.set(name, unread);
    if (isNews)
      this.tell({
        level: 'error',
        text: `the store cannot read: ${unread.reason}. What it cannot read is asked of the sources, and stays as it is`,
      });
  }

  /** The latest that could not be read speaks for the rest: they lie on one disk. */
  async #readAgain(name: string, unread: Unread): Promise<void> {
    await unread.again();
    if (this.#unread.get(name) === unread) this.#readable(name);
  }

  #readable(name: string): void {
    if (this.#unread.delete(name) && this.#unread.size === 0)
      this.tell({ level: 'info', text: 'the store reads again' });
  }

  #forget(name: string): void {
    this.#databases.delete(name);
    this.#readable(name);
    this.healed(name);
  }

  #probe(): void {
    if (Math.abs(this.now() - this.#probedAtMs) < probeEveryMs) return;
    this.#probedAtMs = this.now();
    for (const name of this.#failing.keys())
      // A failure is noted by the next write or probe; this one only looks.
      this.#databases
        .get(name)
        ?.probe()
        .catch(() => undefined);
    for (const [name, unread] of this.#unread) this.#readAgain(name, unread).catch(() => undefined);
  }
}
