import type { Clock } from '../ops/clock.js';
import { Convoy } from './convoy.js';
import type { Follower } from './convoy.js';
import type { IncomingPackage, Loan } from './store.js';

/** Takes one piece. `taken` is called once it is not looked at any more; with `false` by who wants no further one. */
export type TakePiece = (piece: Buffer, taken: (goesOn: boolean) => void) => void;

/** Longest piece that is handed out at once, in bytes. */
const pieceBytes = 256 * 1024;
/** Bytes that make no whole piece wait at most so long for more, in milliseconds. */
const tellWithinMs = 10;

type Arriving = Pick<IncomingPackage, 'received' | 'peek' | 'lend'>;

/** Where one came to, and whether it did not want to go on. */
export interface Reached {
  readonly offset: number;
  readonly wasLeft: boolean;
}

/**
 * The bytes of a package on their way, and all who follow them. The last byte of what each of them wants is held back until `end`: without it
 * nobody takes a part, however small, for a good one.
 */
export class Following {
  readonly #convoy: Convoy;
  #incoming: Arriving | undefined;
  #size: number | undefined;
  #hasEnded = false;
  #waiting: (() => void)[] = [];
  #toldBytes = 0;
  #soon: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#convoy = new Convoy(clock);
  }

  /** Also for a package that goes on elsewhere. @param size as announced, in bytes */
  begin(incoming: Arriving, size: number | undefined): void {
    this.#incoming = incoming;
    this.#size = size;
  }

  /**
   * Bytes have come. The first ones are told at once; after that hundreds of followers are woken for whole pieces, or for what came when
   * it is little. Resolves when more should come: followers that are many set the pace.
   */
  async tell(): Promise<void> {
    const received = this.#incoming?.received ?? 0;
    if (this.#toldBytes === 0 || received - this.#toldBytes >= pieceBytes) this.#wake();
    else this.#soon ??= setTimeout(() => this.#wake(), tellWithinMs);
    await this.#convoy.near(received);
  }

  /** No more is given out from here, whether all came or not. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /**
   * Gives the bytes from `start` on to `take`, piece by piece as they come, until `end`, or until no more is given out from here.
   * Without a promise for each piece: of hundreds of followers these would outlive the young generation and fill the old one.
   * @returns where it came to, and whether it was left there
   */
  follow(start: number, end: number, take: TakePiece): Promise<Reached> {
    return new Promise((resolve, reject) => this.#follow(start, end, take, resolve, reject));
  }

  #follow(
    start: number,
    end: number,
    take: TakePiece,
    resolve: (reached: Reached) => void,
    reject: (error: unknown) => void,
  ): void {
    const follower = this.#convoy.join(start);
    let loan: Loan | undefined;
    const leave = (wasLeft: boolean) => {
      this.#convoy.leave(follower);
      resolve({ offset: follower.offset, wasLeft });
    };
    const fail = (error: unknown) => {
      // The bytes may have been let go of already: how it ended says more than that.
      if (this.#hasEnded) return leave(false);
      this.#convoy.leave(follower);
      reject(error);
    };
    const taken = (goesOn: boolean) => {
      if (!loan) return;
      follower.offset += loan.bytes.length;
      loan.release();
      loan = undefined;
      if (goesOn) step();
      else leave(true);
    };
    const give = (lent: Loan) => {
      loan = lent;
      take(lent.bytes, taken);
    };
    const step = () => {
      try {
        follower.isWaiting = false;
        if (follower.offset >= end || this.#hasEnded) return leave(false);
        const length = Math.min(end - 1, this.#released()) - follower.offset;
        if (length > 0) return this.#borrow(follower, Math.min(pieceBytes, length), give, fail);
        // Who has all but the last byte is no reason to slow down.
        if (follower.offset === end - 1) this.#convoy.leave(follower);
        follower.isWaiting = true;
        this.#waiting.push(step);
      } catch (error) {
        fail(error);
      }
    };
    step();
  }

  #borrow({ offset }: Follower, maxLength: number, give: (loan: Loan) => void, fail: (error: unknown) => void): void {
    const incoming = this.#incoming;
    if (!incoming) throw new RangeError('nothing has arrived');
    const loan = incoming.lend(offset, maxLength);
    if (loan) give(loan);
    else incoming.peek(offset, maxLength).then((bytes) => give({ bytes, release: () => undefined }), fail);
  }

  #released(): number {
    const received = this.#incoming?.received ?? 0;
    return this.#size === undefined ? received : Math.min(received, this.#size - 1);
  }

  #wake(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#toldBytes = this.#incoming?.received ?? 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const step of waiting) step();
  }
}
