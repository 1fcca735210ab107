import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const schedstat = '/proc/self/schedstat';

/** One turn of the event loop, in milliseconds. */
export interface Turn {
  readonly wallMs: number;
  /** Of that: the loop's own work. */
  readonly ownMs: number;
  /** Ready to run, and others had the processors. */
  readonly queuedMs: number;
  /** Waiting for a lock or for the disk. */
  readonly waitingMs: number;
}

/**
 * Watches how long turns of the event loop take and, on Linux, what they were spent on: on a machine that others use too, the wall clock alone
 * tells of them.
 */
export class LongTurns {
  #longest: Turn = none;
  #busiest: Turn = none;
  readonly #file = existsSync(schedstat) ? openSync(schedstat, 'r') : undefined;
  readonly #bytes = Buffer.alloc(80);
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let before = this.#look();
    this.#timer = setInterval(() => {
      const now = this.#look();
      const [wallMs, ownMs, queuedMs] = now.map((value, at) => value - (before[at] ?? 0)) as [number, number, number];
      before = now;
      const turn = { wallMs, ownMs, queuedMs, waitingMs: Math.max(0, wallMs - ownMs - queuedMs) };
      if (wallMs > this.#longest.wallMs) this.#longest = turn;
      if (ownMs > this.#busiest.ownMs) this.#busiest = turn;
    }, 1);
  }

  reset(): void {
    this.#longest = none;
    this.#busiest = none;
  }

  /** By the wall clock. */
  get longest(): Turn {
    return this.#longest;
  }

  /** By the loop's own work. */
  get busiest(): Turn {
    return this.#busiest;
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #look(): [wallMs: number, ownMs: number, queuedMs: number] {
    const wallMs = performance.now();
    if (this.#file === undefined) return [wallMs, wallMs, 0];
    const length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0);
    const [own = 0, queued = 0] = this.#bytes.toString('latin1', 0, length).split(' ').map(Number);
    return [wallMs, own / 1e6, queued / 1e6];
  }
}

const none: Turn = { wallMs: 0, ownMs: 0, queuedMs: 0, waitingMs: 0 };
