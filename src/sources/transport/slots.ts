import type { Urgency } from '../../feed/source.js';
import { AheadLine, GivenUpError } from './ahead-line.js';
import { AheadPlaces } from './ahead-places.js';
import type { Exchange } from './exchange.js';

type Carries = Exchange['carries'];

interface Waiter {
  readonly carries: Carries;
  readonly standsBack: boolean;
  readonly enter: () => void;
}

/** Nobody waits behind more than these. */
const maxWaiting = 10_000;
/** A quarter, and at least two, are kept from packages. */
const leastForDocuments = 2;

/** As `prefetch.maxConcurrent` where nothing is said. */
const aheadByDefault = 8;

/** Too many wait already. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

/**
 * Requests to one source at a time, over all its hosts. Packages may not take all places: however many slow downloads there are, a list is
 * asked for at once. Who waits is served in order, but for packages that must not take a place for documents, and for those who stand back:
 * they come after the others and take a quarter of the places at the most. Guesses come last: they take what nobody waits for, and leave one place
 * free for who comes next.
 */
export class RequestSlots {
  readonly #forPackages: number;
  readonly #forThoseStandingBack: number;
  readonly #waiting: Waiter[] = [];
  readonly #ahead = new AheadLine();
  /** Places that guesses leave free. */
  readonly #spare: number;
  #taken = 0;
  #packages = 0;
  #standingBack = 0;

  /** @param aheadPlaces of all sources together */
  constructor(
    private readonly places: number,
    private readonly onWaiting: (count: number) => void = () => undefined,
    private readonly maxWaitingHere = maxWaiting,
    private readonly aheadPlaces = new AheadPlaces(aheadByDefault),
  ) {
    this.#forPackages = Math.max(1, places - Math.max(leastForDocuments, Math.ceil(places / 4)));
    this.#forThoseStandingBack = Math.ceil(places / 4);
    this.#spare = places > 1 ? 1 : 0;
    aheadPlaces.serve(() => this.#admitAhead());
  }

  /**
   * Waits for a place.
   * @returns gives it back; idempotent
   * @throws OverloadedError when too many wait; GivenUpError when it was a guess that is not wanted any more; the signal's reason when it
   * is aborted first
   */
  async enter(
    carries: Carries,
    signal?: AbortSignal,
    urgency?: Urgency,
    standsBack: boolean = false,
  ): Promise<() => void> {
    signal?.throwIfAborted();
    if (urgency?.isAhead) return this.#enterAhead(carries, signal, urgency, standsBack);
    if (this.#mayEnter(carries, standsBack)) this.#take(carries, standsBack);
    else await this.#turn(carries, signal, standsBack);
    return this.#leaving(carries, standsBack);
  }

  async #enterAhead(
    carries: Carries,
    signal: AbortSignal | undefined,
    urgency: Urgency,
    standsBack: boolean,
  ): Promise<() => void> {
    if (urgency.isGivenUp) throw new GivenUpError('is not wanted any more');
    const turn = this.#ahead.wait(carries, urgency, signal);
    this.#admitAhead();
    const giveBack = await turn;
    if (!giveBack) return this.enter(carries, signal, undefined, standsBack);
    const leave = this.#leaving(carries);
    const look = () => urgency.isAhead || giveBack();
    const forget = urgency.onChange(look);
    look();
    return () => {
      forget();
      leave();
      giveBack();
    };
  }

  #leaving(carries: Carries, standsBack = false): () => void {
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#taken--;
      if (carries === 'package') this.#packages--;
      if (standsBack) this.#standingBack--;
      this.#admit();
    };
  }

  #mayEnter(carries: Carries, standsBack = false): boolean {
    if (this.#taken >= this.places || (carries === 'package' && this.#packages >= this.#forPackages)) return false;
    return !standsBack || (this.#standingBack < this.#forThoseStandingBack && this.#first(false) === undefined);
  }

  #mayEnterAhead(carries: Carries): boolean {
    const hasSpare = this.#waiting.length === 0 && this.#taken + this.#spare < this.places;
    return hasSpare && this.aheadPlaces.isFree && this.#mayEnter(carries);
  }

  /** @returns gives the place among guesses back */
  #takeAhead(carries: Carries): (() => void) | undefined {
    if (!this.#mayEnterAhead(carries)) return undefined;
    this.#take(carries);
    return this.aheadPlaces.take();
  }

  #take(carries: Carries, standsBack = false): void {
    this.#taken++;
    if (carries === 'package') this.#packages++;
    if (standsBack) this.#standingBack++;
  }

  #turn(carries: Carries, signal: AbortSignal | undefined, standsBack: boolean): Promise<void> {
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
        standsBack,
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

  /** The first in line who may, of those who stand back or of the others. */
  #first(standsBack: boolean): Waiter | undefined {
    return this.#waiting.find(
      (waiter) => waiter.standsBack === standsBack && this.#mayEnter(waiter.carries, waiter.standsBack),
    );
  }

  #admit(): void {
    const waiter = this.#first(false) ?? this.#first(true);
    if (waiter === undefined) return this.#admitAhead();
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    this.#take(waiter.carries, waiter.standsBack);
    this.onWaiting(this.#waiting.length);
    waiter.enter();
  }

  #admitAhead(): void {
    if (this.#mayEnterAhead('document')) this.#ahead.admit((carries) => this.#takeAhead(carries));
  }
}
