import type { Exchange } from './exchange.js';

type Carries = Exchange['carries'];

interface Waiter {
  readonly carries: Carries;
  readonly enter: () => void;
}

/** Nobody waits behind more than these. */
const maxWaiting = 10_000;
/** A quarter, and at least two, are kept from packages. */
const leastForDocuments = 2;

/** Too many wait already. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

/**
 * Requests to one source at a time, over all its hosts. Packages may not take all places: however many slow downloads there are, a list is
 * asked for at once. Who waits is served in order, but for packages that must not take a place for documents.
 */
export class RequestSlots {
  readonly #forPackages: number;
  readonly #waiting: Waiter[] = [];
  #taken = 0;
  #packages = 0;

  constructor(
    private readonly places: number,
    private readonly onWaiting: (count: number) => void = () => undefined,
    private readonly maxWaitingHere = maxWaiting,
  ) {
    this.#forPackages = Math.max(1, places - Math.max(leastForDocuments, Math.ceil(places / 4)));
  }

  /**
   * Waits for a place.
   * @returns gives it back; idempotent
   * @throws OverloadedError when too many wait; the signal's reason when it is aborted first
   */
  async enter(carries: Carries, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#mayEnter(carries)) this.#take(carries);
    else await this.#turn(carries, signal);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#taken--;
      if (carries === 'package') this.#packages--;
      this.#admit();
    };
  }

  #mayEnter(carries: Carries): boolean {
    return this.#taken < this.places && (carries === 'document' || this.#packages < this.#forPackages);
  }

  #take(carries: Carries): void {
    this.#taken++;
    if (carries === 'package') this.#packages++;
  }

  #turn(carries: Carries, signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= this.maxWaitingHere)
      throw new OverloadedError(`${this.#waiting.length} requests wait for a free connection already`);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.onWaiting(this.#waiting.length);
        reject(signal?.reason as Error);
      };
      const waiter = {
        carries,
        enter: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
      this.onWaiting(this.#waiting.length);
    });
  }

  /** The first in line who may. */
  #admit(): void {
    const at = this.#waiting.findIndex(({ carries }) => this.#mayEnter(carries));
    const [waiter] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (waiter === undefined) return;
    this.#take(waiter.carries);
    this.onWaiting(this.#waiting.length);
    waiter.enter();
  }
}
