import { brotliCompressSync, gzipSync } from 'node:zlib';

import { plainBody } from '../../support/scripted-reply.js';
import type { Reply } from '../../support/scripted-reply.js';
import type { Fault } from '../../support/scripted-source.js';
import { asked } from './fault.js';
import type { MatrixFault } from './fault.js';

/** Megabytes in a few kilobytes. */
const bomb = gzipSync(Buffer.alloc(24_000_000, ' '));

/** The right content in other bytes; `encoding` is what is announced. */
function sent(body: (plain: Buffer) => Buffer, encoding?: string): (reply: Reply) => Fault {
  return (reply) => {
    const { 'content-encoding': _, ...headers } = reply.headers;
    const announced = encoding === undefined ? {} : { 'content-encoding': encoding };
    return { status: reply.status, headers: { ...headers, ...announced }, body: body(plainBody(reply)) };
  };
}

const firstHalf = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));

/** Flips a bit where it can do most harm: in the middle. */
export function flipped(bytes: Buffer, at = Math.floor(bytes.length / 2)): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** What goes wrong between a body and what it stands for. */
export const encodingFaults: readonly MatrixFault[] = [
  asked(
    'gzip, announced and cut',
    sent((plain) => firstHalf(gzipSync(plain)), 'gzip'),
  ),
  asked(
    'gzip announced, plain sent',
    sent((plain) => plain, 'gzip'),
  ),
  asked(
    'gzip, not announced',
    sent((plain) => gzipSync(plain)),
  ),
  asked(
    'gzip with a bit flipped',
    sent((plain) => flipped(gzipSync(plain)), 'gzip'),
  ),
  asked(
    'brotli announced, gzip sent',
    sent((plain) => gzipSync(plain), 'br'),
  ),
  asked(
    'brotli, announced and cut',
    sent((plain) => firstHalf(brotliCompressSync(plain)), 'br'),
  ),
  asked(
    'a Content-Encoding that nobody knows',
    sent((plain) => plain, 'x-shrink'),
  ),
  asked(
    'a gzip bomb',
    sent(() => bomb, 'gzip'),
  ),
  asked(
    'a gzip bomb, not announced',
    sent(() => bomb),
  ),
];
