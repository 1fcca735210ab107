import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendProblem } from './problem.js';
import type { Trace } from './trace.js';

/**
 * The request's target as path and query, or nothing where it is no address of a server: that is the only form which anything after this
 * reads, so that all read the same path. The whole-address form (RFC 9112 3.2.2) loses scheme and host.
 *
 * `#`, `\` and what lies outside visible ASCII may not stand in a target; Koa's URL parser would read some of them as other characters.
 */
export function originForm(target: string): string | undefined {
  if (target === '*') return target;
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#\\]*/i, '');
  const rooted = path === '' || path.startsWith('?') ? `/${path}` : path;
  return /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(rooted) ? rooted : undefined;
}

/** Answers 400. */
export function refuseTarget(req: IncomingMessage, res: ServerResponse, trace: Trace): void {
  trace.code = 'bad-request';
  const detail = 'the address holds characters that cannot stand in one';
  sendProblem(res, { code: 'bad-request', detail }, req.method === 'HEAD');
}
