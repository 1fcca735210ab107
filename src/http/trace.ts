import type { IncomingMessage, ServerResponse } from 'node:http';

import type { CacheState } from '../feed/cache-state.js';
import type { Counters } from '../ops/counters.js';
import type { Logger } from '../ops/log.js';
import { nobody } from '../policy/access.js';
import type { Caller } from '../policy/access.js';

/** What one request was about: filled by whoever learns it, told in one line when the answer has gone out. */
export interface Trace {
  /** Who sent it. */
  caller: Caller;
  /** The name of the key that it came with. */
  key?: string;
  feed?: string;
  id?: string;
  version?: string;
  cache?: CacheState;
  /** Names joined by commas. */
  source?: string;
  /** Code of the problem it ended in. */
  code?: string;
  /** Body bytes handed to the connection. */
  bytes: number;
  readonly startedAtMs: number;
}

export const createTrace = (): Trace => ({ caller: nobody, bytes: 0, startedAtMs: performance.now() });

/** Counts the request and writes its line once the answer is out or the client has gone. */
export function observe(
  req: IncomingMessage,
  res: ServerResponse,
  trace: Trace,
  log: Logger,
  counters: Counters,
): void {
  counters.requests++;
  res.once('close', () => {
    countAnswer(counters, trace);
    const level = res.statusCode >= 500 ? 'warn' : 'info';
    if (!log.isLevelEnabled(level)) return;
    const { startedAtMs, caller: _, ...known } = trace;
    const line = {
      method: req.method,
      path: pathOf(req.url ?? '/'),
      status: res.statusCode,
      ...known,
      ms: Math.round((performance.now() - startedAtMs) * 10) / 10,
      ...(!res.writableFinished && { aborted: true }),
    };
    log[level](line, `${line.method ?? ''} ${line.path} ${line.status}`);
  });
}

function countAnswer(counters: Counters, { cache, bytes }: Trace): void {
  counters.servedBytes += bytes;
  if (cache === 'HIT' || cache === 'REVALIDATED' || cache === 'OFFLINE') counters.hits++;
  else if (cache === 'MISS') counters.misses++;
  else if (cache === 'STALE') counters.stale++;
}

/** Without the query: it may hold what a client should not have put there. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  return (end < 0 ? url : url.slice(0, end)).slice(0, 500);
}
