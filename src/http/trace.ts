import type { IncomingMessage, ServerResponse } from 'node:http';

import type { CacheState } from '../feed/cache-state.js';
import type { Counters } from '../ops/counters.js';
import { KnownEntry } from '../ops/known-entry.js';
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
  /** Of those that were sent the same answer before. */
  lastLine?: LastLine;
}

/** The members of a request's line that are the same whenever the same is asked and answered. */
type LineMembers = Readonly<Record<'method' | 'path', string>> &
  Readonly<Record<'status' | 'bytes', number>> &
  Readonly<Record<'key' | 'feed' | 'id' | 'version' | 'cache' | 'source' | 'code', string | undefined>>;

/** Kept with an answer that goes out often: most of its line in the log is the same each time, and is put into words once. */
export interface LastLine {
  entry: KnownEntry<LineMembers> | undefined;
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
    const entry = entryOf(req, res, trace);
    this.#write(level, entry, {
      ms: Math.round((performance.now() - trace.startedAtMs) * 10) / 10,
      aborted: res.writableFinished ? undefined : true,
    });
  }
}

function entryOf(
  { method = '', url = '/' }: IncomingMessage,
  { statusCode: status }: ServerResponse,
  { key, feed, id, version, cache, source, code, bytes, lastLine }: Trace,
): KnownEntry<LineMembers> {
  const path = pathOf(url);
  const members = { method, path, status, key, feed, id, version, cache, source, code, bytes };
  const last = lastLine?.entry;
  if (last && isSame(last.members, members)) return last;
  const entry = new KnownEntry<LineMembers>(members, `${method} ${path} ${status}`);
  if (lastLine) lastLine.entry = entry;
  return entry;
}

function isSame(one: LineMembers, other: LineMembers): boolean {
  return (
    one.method === other.method &&
    one.path === other.path &&
    one.status === other.status &&
    one.key === other.key &&
    one.feed === other.feed &&
    one.id === other.id &&
    one.version === other.version &&
    one.cache === other.cache &&
    one.source === other.source &&
    one.code === other.code &&
    one.bytes === other.bytes
  );
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
