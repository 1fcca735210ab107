import type { Clock } from '../../ops/clock.js';

export interface Floor {
  readonly bytesPerSecond: number;
  /** Over how much waiting, in milliseconds. */
  readonly windowMs: number;
}

/** Less than any line gives that is worth a connection. */
const leastBytesPerSecond = 1_000;
const leastWindowMs = 60_000;

/** @param idleMs how long a source may be silent: the floor never ends what that allows */
export function floorFor(idleMs: number): Floor {
  return { bytesPerSecond: leastBytesPerSecond, windowMs: Math.max(leastWindowMs, 2 * idleMs) };
}

/** A body came too slowly to hold a connection for it. */
export class TooSlowError extends Error {
  override readonly name = 'TooSlowError';
}

/**
 * The same pieces, as long as enough of them come. Only the time counts that the source takes: a slow reader is not its fault.
 * @throws TooSlowError
 */
export async function* aboveFloor(
  pieces: AsyncIterable<Buffer>,
  { bytesPerSecond, windowMs }: Floor,
  clock: Clock,
): AsyncGenerator<Buffer> {
  let waitedMs = 0;
  let bytes = 0;
  let askedAtMs = clock.monotonicMs();
  for await (const piece of pieces) {
    waitedMs += clock.monotonicMs() - askedAtMs;
    bytes += piece.length;
    if (waitedMs >= windowMs) {
      if (bytes < (bytesPerSecond * waitedMs) / 1000)
        throw new TooSlowError(`sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s`);
      waitedMs = 0;
      bytes = 0;
    }
    yield piece;
    askedAtMs = clock.monotonicMs();
  }
}
