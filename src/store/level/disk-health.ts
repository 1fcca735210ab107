import type { StoreHealth } from '../../feed/store.js';
import type { Database, DiskWatch } from './database.js';
import type { Note } from './note.js';

const probeEveryMs = 3_000;

/** Whether the disk takes what is written. It is told once when that ends, and once when it begins again. */
export class DiskHealth {
  readonly #failing = new Map<string, string>();
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
    const [reason] = this.#failing.values();
    if (reason === undefined) return { state: 'ok' };
    this.#probe();
    return { state: 'degraded', reason };
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
  }
}

/** What a failed write says to people, without the store's own path. */
export function reasonOf(error: unknown): string {
  return knownReason(error) ?? 'the disk refuses writes';
}

/** The same, where the error is one that disks give. */
export function knownReason(error: unknown): string | undefined {
  const told: string[] = [];
  for (let each = error; each instanceof Error && told.length < 5; each = each.cause)
    told.push(String((each as NodeJS.ErrnoException).code ?? ''), each.message);
  const text = told.join(' ');
  return reasons.find(([pattern]) => pattern.test(text))?.[1];
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|No space left|is full/i, 'its disk is full'],
  [/EDQUOT|quota exceeded/i, 'the disk quota of this user is used up'],
  [/EFBIG|File too large/i, 'a file would become larger than this process may write'],
  [/EROFS|Read-only file system/i, 'its file system is read-only'],
  [/EMFILE|ENFILE|Too many open files/i, 'this process has too many files open'],
  [/EACCES|EPERM|Permission denied|not permitted/i, 'this user may not write there'],
  [/EIO|Input\/output error/i, 'its disk reports input/output errors'],
  [/ENOENT|No such file/i, 'its directory is not there any more'],
  [/Corruption/i, 'a file of it is damaged'],
];
