import type { Dispatcher } from 'undici';
import type { Reason } from '../../feed/answer.js';
import { SourceBrokeOff } from '../../feed/source.js';
import type { Clock } from '../../ops/clock.js';
import type { ExchangeRecord } from './exchange.js';
import { aboveFloor, TooSlowError } from './progress-floor.js';
import type { Floor } from './progress-floor.js';

export type ResponseBody = Dispatcher.ResponseData['body'];

/** A body that came too slowly to wait for its end. */
export class SourceTooSlow extends SourceBrokeOff {}

export interface WireOptions {
  readonly source: string;
  readonly clock: Clock;
  readonly floor: Floor;
  readonly reasonOf: (error: unknown) => Reason;
}

/**
 * A response's bytes as they come from the wire, told to the exchange's record.
 *
 * @throws SourceBrokeOff when the connection breaks off, stands still or gives next to nothing
 */
export async function* wireBytes(
  body: ResponseBody,
  record: ExchangeRecord,
  { source, clock, floor, reasonOf }: WireOptions,
): AsyncGenerator<Buffer> {
  let reason: Reason | undefined;
  try {
    for await (const piece of aboveFloor(body, floor, clock)) {
      record.bytes += piece.length;
      yield piece;
    }
  } catch (error) {
    if (error instanceof TooSlowError) {
      reason = { source, code: 'source-timeout', detail: `${error.message}: too little to go on` };
      throw new SourceTooSlow(reason);
    }
    reason = reasonOf(error);
    throw new SourceBrokeOff(reason);
  } finally {
    record.over(reason?.code);
  }
}

/** Lets go of a body that nobody will read, keeping its connection where little is left to read. */
export function discard(body: ResponseBody): void {
  body.dump({ limit: 16_384 }).catch(() => undefined);
}
