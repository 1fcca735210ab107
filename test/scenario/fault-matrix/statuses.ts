import type { Fault } from '../../support/scripted-source.js';
import { asked, askedOf } from './fault.js';
import type { MatrixFault } from './fault.js';

const plain = (status: number): MatrixFault => asked(`${status}`, { status });
const absence = (status: number): MatrixFault => asked(`${status}`, { status }, { saysAbsent: true });

/** Every second request, the first one included. */
function everySecond(fault: Fault): Fault {
  let count = 0;
  return () => (count++ % 2 === 0 ? fault : undefined);
}

/** Statuses in place of an answer. */
export const statusFaults: readonly MatrixFault[] = [
  absence(204),
  asked('206 unasked', ({ headers, body }) => ({
    ...{ status: 206, body: body.subarray(0, body.length / 2) },
    headers: { ...headers, 'content-range': `bytes 0-${Math.floor(body.length / 2) - 1}/${body.length}` },
  })),
  plain(300),
  plain(304),
  plain(400),
  asked('401', { status: 401, headers: { 'www-authenticate': 'Basic realm="theirs"' } }),
  plain(403),
  absence(404),
  plain(408),
  absence(410),
  plain(421),
  plain(429),
  asked('429 with Retry-After', { status: 429, headers: { 'retry-after': '7' } }),
  askedOf('429 to every second request', () => everySecond({ status: 429, headers: { 'retry-after': '0' } })),
  plain(451),
  plain(500),
  plain(502),
  plain(503),
  asked('503 with Retry-After', { status: 503, headers: { 'retry-after': '7' } }),
  plain(504),
];
