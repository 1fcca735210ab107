import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';

import { systemClock } from '../ops/clock.js';
import { FramedBody } from './framed-body.js';
import type { LastLine } from './trace.js';

/** A body of so many bytes goes out as one text with its head: Node copies up to 16 KB on its stack and hands them to the kernel at once. */
const maxTextBytes = 15 * 1024;
/** What the heads of an answer's forms take, and their lines in the log, in bytes. */
const headBytes = 2_000;

/** What the forms of an answer take together, its body included, in bytes. */
export function formBytes(bodyBytes: number): number {
  return headBytes + bodyBytes * (bodyBytes <= maxTextBytes ? 2 : 1);
}

/** Where Node keeps the head that it wrote until it goes out, as Latin-1, and whether it has. */
type WithHead = ServerResponse & { _header?: string | null; _headerSent?: boolean };

/**
 * One of the forms that an answer goes out in: whole, without its body, or as 304. Node takes as long to write a head as to send it, so
 * what it wrote is sent again to all who ask alike within the same second.
 */
export class AnswerForm {
  /** Second of `Date`, and `Age`, in `#text`. */
  #atS = Number.NaN;
  #ageS: number | undefined;
  #isPrivate = false;
  #text = '';
  readonly lastLine: LastLine = { entry: undefined };

  readonly #body: Buffer | undefined;
  readonly #framed: FramedBody | undefined;

  /** @param headers names and values in turn, the first value being that of `Age` where there is an age */
  constructor(
    private readonly status: 200 | 304,
    private readonly headers: string[],
    body?: Buffer | FramedBody,
  ) {
    this.#framed = body instanceof FramedBody ? body : undefined;
    this.#body = body instanceof FramedBody ? body.body : body;
  }

  /** Sends it. @param ageS absent where there is no age */
  send(res: ServerResponse, ageS: number | undefined): void {
    if (ageS !== undefined) this.headers[1] = String(ageS);
    res.writeHead(this.status, this.headers);
    res.end(this.#body);
  }

  /** Sends it, as one that goes out often. */
  sendAgain(req: IncomingMessage, res: WithHead, ageS: number | undefined): void {
    if (!hasUsualHead(req, res)) {
      this.send(res, ageS);
      return;
    }
    // Of the machine's clock: `Date` is Node's.
    const atS = Math.floor(systemClock.now() / 1000);
    // Set by `keepPrivate`, and by nothing else.
    const isPrivate = res.writeHead !== ServerResponse.prototype.writeHead;
    if (atS !== this.#atS || ageS !== this.#ageS || isPrivate !== this.#isPrivate) {
      if (ageS !== undefined) this.headers[1] = String(ageS);
      res.writeHead(this.status, this.headers);
      const { _header: head } = res;
      if (typeof head !== 'string') {
        res.end(this.#body);
        return;
      }
      this.#text = this.#isOneText && this.#body ? head + this.#body.toString('latin1') : head;
      this.#atS = atS;
      this.#ageS = ageS;
      this.#isPrivate = isPrivate;
    }
    res.statusCode = this.status;
    res._header = this.#text;
    if (this.#isOneText) res.end();
    // Without a socket it waits behind an earlier answer on its connection.
    else if (res.socket && this.#framed?.write(res.socket, this.#text) === true) {
      res._headerSent = true;
      res.end();
    } else res.end(this.#body);
  }

  get #isOneText(): boolean {
    return this.#body === undefined || this.#body.length <= maxTextBytes;
  }
}

/** Whether Node would write the same head for this request as for others: HTTP/1.1, a connection that stays open, no header set before. */
function hasUsualHead({ httpVersionMajor, httpVersionMinor }: IncomingMessage, res: ServerResponse): boolean {
  return httpVersionMajor === 1 && httpVersionMinor === 1 && res.shouldKeepAlive && res.getHeaderNames().length === 0;
}
