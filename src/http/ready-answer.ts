import type { IncomingMessage, ServerResponse } from 'node:http';

import fresh from 'fresh';

import type { CacheState } from '../feed/cache-state.js';
import { AnswerForm } from './answer-form.js';
import { FramedBody } from './framed-body.js';
import type { Trace } from './trace.js';

/** What an answer tells the log. */
export type ReadyTrace = Partial<Pick<Trace, 'feed' | 'id' | 'version' | 'source'>> & {
  readonly cache?: CacheState | undefined;
};

export interface ReadyAnswerParts {
  readonly body: Buffer | FramedBody;
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
  readonly #whole: AnswerForm;
  readonly #bodiless: AnswerForm;
  readonly #unchanged: AnswerForm;

  constructor({ body, etag, lastModified, checkedAtMs, headers, bodyHeaders, trace }: ReadyAnswerParts) {
    this.body = body instanceof FramedBody ? body.body : body;
    this.trace = trace;
    this.checkedAtMs = checkedAtMs;
    this.#validators = { etag, 'last-modified': lastModified };
    // `Age` stands first, and is set before each is written.
    const unchanged = [
      ...(checkedAtMs === undefined ? [] : ['Age', '0']),
      ...['ETag', etag],
      ...(lastModified === undefined ? [] : ['Last-Modified', lastModified]),
      ...headers,
    ];
    const whole = [...unchanged, ...bodyHeaders, 'Content-Length', String(this.body.length)];
    this.#whole = new AnswerForm(200, whole, body);
    this.#bodiless = new AnswerForm(200, whole);
    this.#unchanged = new AnswerForm(304, unchanged);
  }

  /** Sends it, or 304 when the client has it, and tells the trace. To a request without `Range`: it is sent whole. */
  send(req: IncomingMessage, res: ServerResponse, trace: Trace, nowMs: number): void {
    this.#formFor(req, trace).send(res, this.#ageS(nowMs));
  }

  /** Sends it as `send` does, in less time when others were sent it in this second. */
  sendAgain(req: IncomingMessage, res: ServerResponse, trace: Trace, nowMs: number): void {
    const form = this.#formFor(req, trace);
    trace.lastLine = form.lastLine;
    form.sendAgain(req, res, this.#ageS(nowMs));
  }

  #formFor(req: IncomingMessage, trace: Trace): AnswerForm {
    const { feed, id, version, source, cache } = this.trace;
    if (feed !== undefined) trace.feed = feed;
    if (id !== undefined) trace.id = id;
    if (version !== undefined) trace.version = version;
    if (source !== undefined) trace.source = source;
    if (cache !== undefined) trace.cache = cache;
    if (this.#isFresh(req)) return this.#unchanged;
    if (req.method === 'HEAD') return this.#bodiless;
    trace.bytes = this.body.length;
    return this.#whole;
  }

  #isFresh({ headers }: IncomingMessage): boolean {
    if (headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined) return false;
    return fresh(headers, this.#validators);
  }

  #ageS(nowMs: number): number | undefined {
    return this.checkedAtMs === undefined ? undefined : Math.max(0, Math.floor((nowMs - this.checkedAtMs) / 1000));
  }
}
