import type { ServerResponse } from 'node:http';

import type { TakePiece } from '../feed/following.js';
import type { Trace } from './trace.js';

/**
 * Writes pieces to a response. The head goes out with the first one, so that what fails before it can still be told as an error. A piece
 * counts as taken when the socket took it or is closed: only then nobody reads its memory any more. By hand, because a stream and a
 * pipeline for each of many hundred clients cost more memory than the bytes they share.
 */
export class PieceWriter {
  #taken: ((goesOn: boolean) => void) | undefined;
  #hasBegun = false;

  constructor(
    private readonly res: ServerResponse,
    private readonly trace: Trace,
    private readonly writeHead: () => void,
  ) {
    res.on('close', () => this.#settle(false));
  }

  readonly take: TakePiece = (piece, taken) => {
    // The client left: what it was reading goes on without it.
    if (this.res.destroyed) return taken(false);
    this.#begin();
    this.trace.bytes += piece.length;
    this.#taken = taken;
    this.res.write(piece, this.#onWritten);
  };

  /** All pieces were written, or the client left. */
  end(): void {
    if (this.res.destroyed) return;
    this.#begin();
    this.res.end();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.writeHead();
  }

  /** A write that failed is told before the socket is closed: then that is waited for. */
  readonly #onWritten = (error: Error | null | undefined): void => {
    if (!error) this.#settle(true);
  };

  #settle(goesOn: boolean): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.(goesOn);
  }
}
