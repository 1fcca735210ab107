import type { Dispatcher } from 'undici';
import type { Reason } from '../../feed/answer.js';
import { SourceBrokeOff } from '../../feed/source.js';
import type { ExchangeRecord } from './exchange.js';

export type ResponseBody = Dispatcher.ResponseData['body'];

/**
 * A response's bytes as they come from the wire, told to the exchange's record.
 *
 * @throws SourceBrokeOff when the connection breaks off or stands still
 */
export async function* wireBytes(
  body: ResponseBody,
  record: ExchangeRecord,
  reasonOf: (error: unknown) => Reason,
): AsyncGenerator<Buffer> {
  let reason: Reason | undefined;
  try {
    for await (const piece of body) {
      record.bytes += (piece as Buffer).length;
      yield piece as Buffer;
    }
  } catch (error) {
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
