import type { IncomingMessage, ServerResponse } from 'node:http';

import type { CacheState } from '../feed/cache-state.js';
import type { Counters } from '../ops/counters.js';
import { knownEntries } from '../ops/log.js';
import type { Logger, WriteKnown } from '../ops/log.js';
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

/** Counts requests, and writes the line of each once its answer is out or its client has gone. */
export class Observer {
  readonly #write: WriteKnown;

  constructor(
    private readonly log: Logger,
    private readonly counters: Counters,
  ) {
    this.#write = knownEntries(log);
  }

  begin(req: IncomingMessage, res: ServerResponse, trace: Trace): void {
    this.counters.requests++;
    res.on('close', () => this.#end(req, res, trace));
  }

  #end(req: IncomingMessage, res: ServerResponse, trace: Trace): void {
    countAnswer(this.counters, trace);
    const level = res.statusCode >= 500 ? 'warn' : 'info';
    if (!this.log.isLevelEnabled(level)) return;
    const { method = '' } = req;
    const status = res.statusCode;
    const path = pathOf(req.url ?? '/');
    const { key, feed, id, version, cache, source, code, bytes, startedAtMs } = trace;
    // Members without a value do not show.
    const line = {
      method,
      path,
      status,
      key,
      feed,
      id,
      version,
      cache,
      source,
      code,
      bytes,
      ms: Math.round((performance.now() - startedAtMs) * 10) / 10,
      aborted: res.writableFinished ? undefined : true,
    };
    this.#write(level, line, `${method} ${path} ${status}`);
  }
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
