import type { Fault } from '../../support/scripted-source.js';
import { asked, askedOf } from './fault.js';
import type { MatrixFault } from './fault.js';

/** The function form: the right answer is a whole one, whatever the request's conditions. */
const whole =
  (fault: Fault): Fault =>
  () =>
    fault;
/** Longer than the request's budget, shorter than patience behind it. */
const dripSeconds = 4.5;
const lateMs = 1_500;

/** What goes wrong between an open port and the end of an answer. */
export const connectionFaults: readonly MatrixFault[] = [
  {
    name: 'connection refused',
    begin: ({ cells }) => Promise.all(cells.map(({ source }) => source.close())),
    end: ({ cells }) => Promise.all(cells.map(({ source }) => source.reopen())),
  },
  asked('accepted, then closed', 'refuse'),
  asked('accepted, then silent', 'hang'),
  asked('headers, then silence', ({ headers, body }) => ({
    raw: headOf(headers, `content-length: ${body.length}\r\n`),
    then: 'silence',
  })),
  asked('half a body, then silence', whole('hang mid-body')),
  asked('half a body, then a reset', whole('reset mid-body')),
  asked('half a body, then closed in good order', whole('truncate')),
  asked('half a body, announced as the whole', whole('half')),
  asked('more than was announced', ({ status, headers, body }) => ({
    ...{ status, body },
    headers: { ...headers, 'content-length': String(body.length - 9) },
  })),
  asked('an endless body', whole('endless')),
  askedOf('a drip slower than the request budget', ({ slowness }) => ({ body }) => ({
    dripBytesPerSecond: body.length / (dripSeconds * slowness),
  })),
  asked('a drip within the request budget', ({ body }) => ({ dripBytesPerSecond: body.length * 2 })),
  askedOf('an answer later than the time limit', ({ slowness }) => ({ delayMs: lateMs * slowness })),
  asked('an answer just within the time limit', { delayMs: 100 }),
  asked('no HTTP', 'not http'),
  asked('headers too large', ({ status, headers, body }) => ({
    ...{ status, body },
    headers: { ...headers, 'x-large': 'x'.repeat(100_000) },
  })),
  asked('two lengths that differ', ({ headers, body }) => ({
    raw: Buffer.concat([
      headOf(headers, `content-length: ${body.length}\r\ncontent-length: ${body.length - 9}\r\n`),
      body,
    ]),
    then: 'silence',
  })),
  asked('early hints before the answer', ({ headers, body }) => ({
    raw: Buffer.concat([
      Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n'),
      headOf(headers, `connection: close\r\ncontent-length: ${body.length}\r\n`),
      body,
    ]),
    then: 'end',
  })),
  asked('HTTP/1.0 without a length', ({ headers, body }) => ({
    raw: Buffer.concat([headOf(headers, '', '1.0'), body]),
    then: 'end',
  })),
  asked('chunks that are none', ({ headers }) => ({
    raw: Buffer.concat([headOf(headers, 'transfer-encoding: chunked\r\n'), Buffer.from('zz\r\nno chunk\r\n0\r\n\r\n')]),
    then: 'end',
  })),
  asked('chunks that are cut', ({ headers, body }) => ({
    raw: chunked(headers, body, body.subarray(0, Math.floor(body.length / 2))),
    then: 'end',
  })),
  asked('chunks without an end', ({ headers, body }) => ({
    raw: chunked(headers, body, Buffer.concat([body, Buffer.from('\r\n')])),
    then: 'end',
  })),
];

/** @param more lines of the head, each with its end */
function headOf(headers: Readonly<Record<string, string>>, more: string, version = '1.1'): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/${version} 200 OK\r\n${lines.join('')}${more}\r\n`);
}

/** A head and a first chunk that is announced to be as long as the body. */
const chunked = (headers: Readonly<Record<string, string>>, body: Buffer, sent: Buffer): Buffer =>
  Buffer.concat([
    headOf(headers, 'transfer-encoding: chunked\r\n'),
    Buffer.from(`${body.length.toString(16)}\r\n`),
    sent,
  ]);
