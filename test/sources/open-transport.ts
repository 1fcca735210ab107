import type { ExecutionContext } from 'ava';
import { systemClock } from '../../src/ops/clock.js';
import { Transport } from '../../src/sources/transport/transport.js';
import type { TransportOptions } from '../../src/sources/transport/transport.js';

/** A transport of the source `s` that ends with the test. */
export function openTransport(
  t: ExecutionContext,
  url: string,
  options: Partial<Omit<TransportOptions, 'url'>> = {},
): Transport {
  const transport = new Transport({
    source: 's',
    url: new URL(url),
    timeouts: { headersMs: 10_000, idleMs: 10_000 },
    maxConcurrent: 4,
    maxDocumentBytes: 1_000_000,
    maxPackageBytes: 1_000_000,
    version: '1.2.3',
    clock: systemClock,
    ...options,
  });
  t.teardown(() => transport.close());
  return transport;
}
