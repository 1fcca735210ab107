import type { TakePiece } from './following.js';

/** Gives the pieces of an iteration to `take`, the next one when the last was taken, until it wants no further one. */
export async function readAll(pieces: AsyncIterable<Buffer>, take: TakePiece): Promise<void> {
  for await (const piece of pieces) {
    const goesOn = await new Promise<boolean>((resolve) => take(piece, resolve));
    if (!goesOn) return;
  }
}
