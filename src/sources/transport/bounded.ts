import { SourceBrokeOff } from '../../feed/source.js';

/** The bytes, up to a limit. @throws SourceBrokeOff (`too-large`) in place of the piece that passes it */
export async function* boundedBytes(
  bytes: AsyncIterable<Buffer>,
  maxBytes: number,
  source: string,
): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const piece of bytes) {
    received += piece.length;
    if (received > maxBytes)
      throw new SourceBrokeOff({ source, code: 'too-large', detail: `its answer is larger than ${maxBytes} bytes` });
    yield piece;
  }
}

/** The bytes, which must be as many as announced. @throws SourceBrokeOff when they are more or fewer */
export async function* exactBytes(bytes: AsyncIterable<Buffer>, size: number, source: string): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const piece of bytes) {
    received += piece.length;
    if (received > size) throw wrongLength(source, size, 'more');
    yield piece;
  }
  if (received < size) throw wrongLength(source, size, String(received));
}

function wrongLength(source: string, size: number, got: string): SourceBrokeOff {
  return new SourceBrokeOff({ source, code: 'source-failed', detail: `announced ${size} bytes and sent ${got}` });
}
