import type { IncomingMessage, ServerResponse } from 'node:http';

import fresh from 'fresh';

import type { CacheState } from '../feed/cache-state.js';
import type { Trace } from './trace.js';

/** What an answer tells the log. */
export type ReadyTrace = Partial<Pick<Trace, 'feed' | 'id' | 'version' | 'source'>> & {
  readonly cache?: CacheState | undefined;
};

export interface ReadyAnswerParts {
  readonly body: Buffer;
  readonly etag: string;
  readonly lastModified?: string | undefined;
  /** When the sources last said so, in ms since the epoch: `Age` is counted from there. */
  readonly checkedAtMs?: number | undefined;
  /** Of every answer: names and values in turn, without validators and `Age`. */
  readonly headers: readonly string[];
  /** Only beside a body, without `Content-Length`. */
  readonly bodyHeaders: readonly string[];
  readonly trace: ReadyTrace;
}

/** A whole answer with its heads made: sending it takes no more than the time of day. */
export class ReadyAnswer {
  readonly body: Buffer;
  readonly trace: ReadyTrace;
  readonly checkedAtMs: number | undefined;
  readonly #validators: { readonly etag: string; readonly 'last-modified': string | undefined };
  /** Of 200 and of 304. `Age` stands first in both, and is set before each is written: nobody keeps them. */
  readonly #whole: string[];
  readonly #unchanged: string[];

  constructor({ body, etag, lastModified, checkedAtMs, headers, bodyHeaders, trace }: ReadyAnswerParts) {
    this.body = body;
    this.trace = trace;
    this.checkedAtMs = checkedAtMs;
    this.#validators = { etag, 'last-modified': lastModified };
    this.#unchanged = [
      ...(checkedAtMs === undefined ? [] : ['Age', '0']),
      ...['ETag', etag],
      ...(lastModified === undefined ? [] : ['Last-Modified', lastModified]),
      ...headers,
    ];
    this.#whole = [...this.#unchanged, ...bodyHeaders, 'Content-Length', String(body.length)];
  }

  /** Sends it, or 304 when the client has it, and tells the trace. To a request without `Range`: it is sent whole. */
  send(req: IncomingMessage, res: ServerResponse, trace: Trace, nowMs: number): void {
    const { feed, id, version, source, cache } = this.trace;
    if (feed !== undefined) trace.feed = feed;
    if (id !== undefined) trace.id = id;
    if (version !== undefined) trace.version = version;
    if (source !== undefined) trace.source = source;
    if (cache !== undefined) trace.cache = cache;
    if (this.#isFresh(req)) {
      res.writeHead(304, this.#aged(this.#unchanged, nowMs));
      res.end();
      return;
    }
    res.writeHead(200, this.#aged(this.#whole, nowMs));
    if (req.method === 'HEAD') {
      res.end();
      return;
    }
    trace.bytes = this.body.length;
    res.end(this.body);
  }

  #isFresh({ headers }: IncomingMessage): boolean {
    if (headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined) return false;
    return fresh(headers, this.#validators);
  }

  #aged(headers: string[], nowMs: number): string[] {
    if (this.checkedAtMs !== undefined) headers[1] = String(Math.max(0, Math.floor((nowMs - this.checkedAtMs) / 1000)));
    return headers;
  }
}
