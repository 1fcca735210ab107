import type { Dispatcher } from 'undici';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import { failed, found, refused } from '../../feed/answer.js';
import type { Answer, Reason } from '../../feed/answer.js';
import { SourceBrokeOff } from '../../feed/source.js';
import type { Ask, PackageBytes, Validators } from '../../feed/source.js';
import { answerOfReason } from './answer-of-reason.js';
import { Asking, release } from './asking.js';
import type { AskingOptions, Opened, Question } from './asking.js';
import { boundedBytes, exactBytes } from './bounded.js';
import { reasonOfFailure } from './connection-failure.js';
import { decodeBytes, gunzipUnannounced, readContentEncoding } from './decode.js';
import { readContentLength, readHeader } from './header.js';
import type { ResponseHeaders } from './header.js';
import { PackageBody } from './package-body.js';
import { floorFor } from './progress-floor.js';
import type { Floor } from './progress-floor.js';
import { wireBytes } from './response-body.js';
import { isRest, maxResumes, mayResumeAfter, rangeFrom, resumePointOf } from './resume.js';
import type { ResumePoint } from './resume.js';
import type { Retries } from './retries.js';
import { answerOfStatus } from './status.js';

export interface TransportOptions extends AskingOptions {
  readonly maxDocumentBytes: number;
  readonly maxPackageBytes: number;
  /** What a body must give at least. */
  readonly floor?: Floor;
}

export interface Document<T> {
  readonly value: T;
  readonly validators: Validators;
  /** Where it was found in the end: relative addresses in it start there. */
  readonly url: URL;
}

export type DocumentAnswer<T> = Answer<Document<T>> | { readonly kind: 'unchanged' };

/** Turns a document's decoded bytes into what it says. May throw `UnreadableDocumentError`. */
export type DocumentReader<T> = (bytes: AsyncIterable<Buffer>) => Promise<T>;

/** Asks one source over HTTP. Whatever the source does comes back as an answer; only an aborted `ask.signal` throws. */
export class Transport {
  readonly #asking: Asking;
  readonly #floor: Floor;

  /** @throws Error when a certificate in the options cannot be read */
  constructor(private readonly options: TransportOptions) {
    this.#asking = new Asking(options);
    this.#floor = options.floor ?? floorFor(options.timeouts.idleMs);
  }

  /** GETs a document and reads it to its end. `maxBytes` counts decoded bytes; `maxDocumentBytes` counts beside it. */
  async document<T>(
    url: URL,
    ask: Ask,
    read: DocumentReader<T>,
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<DocumentAnswer<T>> {
    const { maxDocumentBytes } = this.options;
    const asked = conditions(ask.validators);
    const headers = { accept: 'application/json, */*;q=0.5', 'accept-encoding': 'gzip, deflate, br', ...asked };
    const retries = this.#asking.retries();
    const { signal, urgency, standsBack } = ask;
    const question = { headers, carries: 'document', signal, urgency, standsBack } as const;
    for (;;) {
      const answer = await this.#document(url, question, retries, read, Math.min(maxBytes, maxDocumentBytes));
      if (!('cut' in answer)) return answer;
      if (!(await retries.again('cut', ask.signal))) return answerOfReason(answer.cut);
    }
  }

  /** Asks whether the source answers at all: once, at once, past everything that spares it. */
  async probe(url: URL, ask: Ask): Promise<Answer<unknown>> {
    const question = { headers: { accept: '*/*' }, carries: 'document', signal: ask.signal, isProbe: true } as const;
    const opened = await this.#asking.open(url, question, this.#asking.retries());
    if ('kind' in opened) return opened;
    const verdict = this.#verdictOn(opened);
    release(opened, verdict && 'reason' in verdict ? verdict.reason.code : undefined);
    return verdict ?? found(undefined);
  }

  async #document<T>(
    url: URL,
    question: Question,
    retries: Retries,
    read: DocumentReader<T>,
    maxBytes: number,
  ): Promise<DocumentAnswer<T> | { readonly cut: Reason }> {
    const { source } = this.options;
    const { signal } = question;
    const opened = await this.#asking.open(url, question, retries);
    if ('kind' in opened) return opened;
    const { response, record } = opened;
    const wasConditional = 'if-none-match' in question.headers || 'if-modified-since' in question.headers;
    if (response.statusCode === 304 && wasConditional) {
      release(opened);
      return { kind: 'unchanged' };
    }
    const decoded = this.#decoded(opened, gunzipUnannounced, signal);
    if ('kind' in decoded) return decoded;
    try {
      const value = await read(boundedBytes(decoded, maxBytes, source));
      return found({ value, validators: validatorsOf(response), url: opened.url });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SourceBrokeOff) return isCut(error) ? { cut: error.reason } : answerOfReason(error.reason);
      if (error instanceof UnreadableDocumentError)
        return refused({ source, code: 'source-refused', detail: `its answer ${error.message}` });
      throw error;
    } finally {
      record.over();
    }
  }

  /** Opens a package. The signal counts until it is open; after that the reader decides. */
  async package(url: URL, ask: Ask): Promise<Answer<PackageBytes>> {
    const { source, maxPackageBytes } = this.options;
    const opening = new AbortController();
    const onAbort = () => opening.abort(ask.signal?.reason);
    if (ask.signal?.aborted) onAbort();
    ask.signal?.addEventListener('abort', onAbort);
    const { urgency } = ask;
    const asked = { headers: packageHeaders, carries: 'package', signal: opening.signal, urgency } as const;
    const opened = await this.#asking.open(url, asked, this.#asking.retries());
    ask.signal?.removeEventListener('abort', onAbort);
    if ('kind' in opened) return opened;
    const { response } = opened;
    const isEncoded = readContentEncoding(readHeader(response.headers, 'content-encoding'))?.length !== 0;
    const size = isEncoded ? undefined : readContentLength(response.headers);
    const objection = objectionToPackage(response, size, maxPackageBytes);
    if (objection !== undefined) {
      release(opened, objection.code);
      return refused({ source, ...objection });
    }
    const reading = new AbortController();
    const decoded = this.#decoded(opened, (bytes) => bytes, reading.signal);
    if ('kind' in decoded) return decoded;
    const point = resumePointOf(response.headers, size);
    const body = new PackageBody(opened, decoded, reading);
    const bytes = point === undefined ? body : this.#resuming(body, url, point, reading.signal);
    const limited = size === undefined ? boundedBytes(bytes, maxPackageBytes, source) : exactBytes(bytes, size, source);
    const lastModified = readHeader(response.headers, 'last-modified');
    return found({
      bytes: body.withBytes(limited),
      ...(size !== undefined && { size }),
      ...(lastModified !== undefined && { lastModified }),
    });
  }

  /** Goes on where the connection ended, as long as the source has the same package and each connection brings some of it. */
  async *#resuming(body: PackageBody, url: URL, point: ResumePoint, signal: AbortSignal): AsyncGenerator<Buffer> {
    let offset = 0;
    for (let resumes = 0; ; resumes++) {
      const startedAt = offset;
      try {
        for await (const piece of body) {
          offset += piece.length;
          yield piece;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        const mayGoOn = error instanceof SourceBrokeOff && mayResumeAfter(error) && resumes < maxResumes;
        const isWorthIt = offset > startedAt && offset < point.size && this.#asking.standing.away() === undefined;
        if (!mayGoOn || !isWorthIt || !(await this.#goOn(body, url, point, offset, signal))) throw error;
      }
    }
  }

  async #goOn(body: PackageBody, url: URL, point: ResumePoint, offset: number, signal: AbortSignal): Promise<boolean> {
    const headers = { ...packageHeaders, ...rangeFrom(offset, point) };
    const opened = await this.#asking.open(url, { headers, carries: 'package', signal }, this.#asking.retries());
    if ('kind' in opened) return false;
    const { statusCode, headers: answered } = opened.response;
    if (!isRest(statusCode, answered, offset, point)) {
      // A whole package from its beginning, or another one: the next request takes it as it is.
      opened.response.body.destroy();
      opened.record.over();
      return false;
    }
    body.goOnWith(opened, this.#wire(opened, signal));
    return true;
  }

  /** Lets go of all connections; whatever is still being read breaks off. */
  async close(): Promise<void> {
    await this.#asking.close();
  }

  /** The body's bytes without their encodings, or what the status says instead. */
  #decoded(
    opened: Opened,
    further: (bytes: AsyncIterable<Buffer>, source: string) => AsyncIterable<Buffer>,
    signal?: AbortSignal,
  ): AsyncIterable<Buffer> | Exclude<Answer<never>, { kind: 'found' }> {
    const { source } = this.options;
    const { headers } = opened.response;
    const verdict = this.#verdictOn(opened);
    if (verdict !== undefined) {
      release(opened, 'reason' in verdict ? verdict.reason.code : undefined);
      return verdict;
    }
    const layers = readContentEncoding(readHeader(headers, 'content-encoding'));
    if (layers === undefined) {
      release(opened, 'source-refused');
      return refused({
        source,
        code: 'source-refused',
        detail: 'its answer has a Content-Encoding that is unknown here',
      });
    }
    const wire = this.#wire(opened, signal);
    return further(layers.length === 0 ? wire : decodeBytes(wire, layers, source), source);
  }

  #wire({ response, record }: Opened, signal: AbortSignal | undefined): AsyncIterable<Buffer> {
    const { source, clock, timeouts } = this.options;
    const reasonOf = (error: unknown) => {
      signal?.throwIfAborted();
      return reasonOfFailure(error, source, timeouts);
    };
    return wireBytes(response.body, record, { source, clock, floor: this.#floor, reasonOf });
  }

  #verdictOn({ response: { headers, statusCode }, url, wasSigned }: Opened) {
    const verdict = answerOfStatus({
      source: this.options.source,
      status: statusCode,
      retryAfter: readHeader(headers, 'retry-after'),
      nowMs: this.options.clock.now(),
      credentials: wasSigned ? 'sent' : this.#asking.credentials.areConfigured ? 'withheld' : 'none',
      host: url.host,
      isPage: isHtml(headers),
    });
    if (verdict?.kind !== 'failed' || !verdict.reason.throttled || verdict.reason.retryAfterMs !== undefined)
      return verdict;
    // It did not say how long: as long as it is left alone.
    const retryAfterMs = Math.max(leastRetryAfterMs, this.#asking.standing.pausedMs());
    return failed({ ...verdict.reason, retryAfterMs });
  }
}

const leastRetryAfterMs = 1_000;

const packageHeaders = { accept: '*/*', 'accept-encoding': 'identity' };

/** The answer began well and its end did not come; one that is merely slow is no better the next time. */
function isCut(error: SourceBrokeOff): boolean {
  return error.reason.code === 'source-unreachable' || error.reason.code === 'source-failed';
}

function conditions({ etag, lastModified }: Validators = {}): Record<string, string> {
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

function validatorsOf({ headers }: Dispatcher.ResponseData): Validators {
  const etag = readHeader(headers, 'etag');
  const lastModified = readHeader(headers, 'last-modified');
  return { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) };
}

function objectionToPackage(
  { headers, statusCode }: Dispatcher.ResponseData,
  size: number | undefined,
  maxBytes: number,
): Pick<Reason, 'code' | 'detail'> | undefined {
  if (statusCode !== 200) return undefined;
  if (size !== undefined && size > maxBytes)
    return { code: 'too-large', detail: `its package has ${size} bytes, more than the ${maxBytes} allowed` };
  if (isHtml(headers)) return { code: 'source-refused', detail: 'its answer is an HTML page, not a package' };
  return undefined;
}

function isHtml(headers: ResponseHeaders): boolean {
  return /^text\/html\b/i.test(readHeader(headers, 'content-type') ?? '');
}
