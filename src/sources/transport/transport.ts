import type { Agent, Dispatcher } from 'undici';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import { failed, found, refused } from '../../feed/answer.js';
import type { Answer, Failed, Reason, Refused } from '../../feed/answer.js';
import { SourceBrokeOff } from '../../feed/source.js';
import type { Ask, PackageBytes, Validators } from '../../feed/source.js';
import type { Clock } from '../../ops/clock.js';
import { answerOfReason } from './answer-of-reason.js';
import { boundedBytes, exactBytes } from './bounded.js';
import { isLostConnection, reasonOfFailure } from './connection-failure.js';
import type { Deadlines } from './connection-failure.js';
import { Credentials } from './credentials.js';
import type { SourceAuth } from './credentials.js';
import { decodeBytes, gunzipUnannounced, readContentEncoding } from './decode.js';
import { ExchangeRecord } from './exchange.js';
import type { Exchange, ExchangeObserver } from './exchange.js';
import { readContentLength, readHeader } from './header.js';
import { PackageBody } from './package-body.js';
import { createPool } from './pool.js';
import { ForbiddenAddressError, Route, isRedirect } from './redirect.js';
import { discard, wireBytes } from './response-body.js';
import { answerOfStatus } from './status.js';

export interface TransportOptions {
  /** The source's name, for reasons and figures. */
  readonly source: string;
  /** The configured address: credentials belong to its origin, and where it is https everything is. */
  readonly url: URL;
  readonly auth?: SourceAuth;
  readonly timeouts: Deadlines;
  /** Connections to one origin at a time. */
  readonly maxConcurrent: number;
  readonly maxDocumentBytes: number;
  readonly maxPackageBytes: number;
  /** Larder's own, for the User-Agent. */
  readonly version: string;
  readonly clock: Clock;
  readonly observe?: ExchangeObserver;
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

interface Opened {
  readonly response: Dispatcher.ResponseData;
  readonly record: ExchangeRecord;
  readonly url: URL;
}

/** Asks one source over HTTP. Whatever the source does comes back as an answer; only an aborted `ask.signal` throws. */
export class Transport {
  readonly #pool: Agent;
  readonly #credentials: Credentials;

  constructor(private readonly options: TransportOptions) {
    this.#pool = createPool(options);
    this.#credentials = new Credentials(options.url, options.auth);
  }

  /** GETs a document and reads it to its end. `maxBytes` counts decoded bytes. */
  async document<T>(
    url: URL,
    ask: Ask,
    read: DocumentReader<T>,
    maxBytes = this.options.maxDocumentBytes,
  ): Promise<DocumentAnswer<T>> {
    const { source } = this.options;
    const asked = conditions(ask.validators);
    const headers = { accept: 'application/json, */*;q=0.5', 'accept-encoding': 'gzip, deflate, br', ...asked };
    const opened = await this.#open(url, headers, 'document', ask.signal);
    if ('kind' in opened) return opened;
    const { response } = opened;
    if (response.statusCode === 304 && Object.keys(asked).length > 0) {
      release(opened);
      return { kind: 'unchanged' };
    }
    const decoded = this.#decoded(opened, gunzipUnannounced, ask.signal);
    if ('kind' in decoded) return decoded;
    try {
      const value = await read(boundedBytes(decoded, maxBytes, source));
      return found({ value, validators: validatorsOf(response), url: opened.url });
    } catch (error) {
      ask.signal?.throwIfAborted();
      if (error instanceof SourceBrokeOff) return answerOfReason(error.reason);
      if (error instanceof UnreadableDocumentError)
        return refused({ source, code: 'source-refused', detail: `its answer ${error.message}` });
      throw error;
    }
  }

  /** Opens a package. The signal counts until it is open; after that the reader decides. */
  async package(url: URL, ask: Ask): Promise<Answer<PackageBytes>> {
    const { source, maxPackageBytes } = this.options;
    const opening = new AbortController();
    const onAbort = () => opening.abort(ask.signal?.reason);
    if (ask.signal?.aborted) onAbort();
    ask.signal?.addEventListener('abort', onAbort);
    const opened = await this.#open(url, { accept: '*/*', 'accept-encoding': 'identity' }, 'package', opening.signal);
    ask.signal?.removeEventListener('abort', onAbort);
    if ('kind' in opened) return opened;
    const { response, record } = opened;
    const isEncoded = readContentEncoding(readHeader(response.headers, 'content-encoding'))?.length !== 0;
    const size = isEncoded ? undefined : readContentLength(response.headers);
    const objection = objectionToPackage(response, size, maxPackageBytes);
    if (objection !== undefined) {
      release(opened, objection.code);
      return refused({ source, ...objection });
    }
    const reading = new AbortController();
    const limit = (bytes: AsyncIterable<Buffer>) =>
      size === undefined ? boundedBytes(bytes, maxPackageBytes, source) : exactBytes(bytes, size, source);
    const decoded = this.#decoded(opened, limit, reading.signal);
    if ('kind' in decoded) return decoded;
    const lastModified = readHeader(response.headers, 'last-modified');
    return found({
      bytes: new PackageBody(response.body, decoded, reading, () => record.over()),
      ...(size !== undefined && { size }),
      ...(lastModified !== undefined && { lastModified }),
    });
  }

  /** Lets go of all connections; whatever is still being read breaks off. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Follows redirects to the answer that counts. */
  async #open(
    url: URL,
    headers: Record<string, string>,
    carries: Exchange['carries'],
    signal: AbortSignal | undefined,
  ): Promise<Opened | Refused | Failed> {
    try {
      const route = new Route(url, this.options.url.protocol === 'https:');
      for (;;) {
        const opened = await this.#exchange(route.current, headers, carries, signal);
        if ('kind' in opened || !isRedirect(opened.response.statusCode)) return opened;
        release(opened);
        route.follow(readHeader(opened.response.headers, 'location'));
      }
    } catch (error) {
      if (!(error instanceof ForbiddenAddressError)) throw error;
      return refused({ source: this.options.source, code: 'source-refused', detail: error.message });
    }
  }

  async #exchange(
    url: URL,
    headers: Record<string, string>,
    carries: Exchange['carries'],
    signal: AbortSignal | undefined,
    isRepeat = false,
  ): Promise<Opened | Failed> {
    const { source, observe, version } = this.options;
    const record = new ExchangeRecord(source, carries, observe);
    try {
      const response = await this.#pool.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers: { 'user-agent': `larder/${version}`, ...headers, ...this.#credentials.headersFor(url) },
        ...(signal && { signal }),
      });
      // A body let go of reports it as an error; those who read it hear it from their iteration.
      response.body.on('error', () => undefined);
      record.answered(response.statusCode);
      return { response, record, url };
    } catch (error) {
      const reason = this.#reasonOf(error);
      record.over(signal?.aborted ? undefined : reason.code);
      signal?.throwIfAborted();
      // A kept-alive connection that the source closed just now: ask once more on a new one.
      if (!isRepeat && isLostConnection(error)) return this.#exchange(url, headers, carries, signal, true);
      return failed(reason);
    }
  }

  /** The body's bytes without their encodings, or what the status says instead. */
  #decoded(
    opened: Opened,
    further: (bytes: AsyncIterable<Buffer>, source: string) => AsyncIterable<Buffer>,
    signal?: AbortSignal,
  ): AsyncIterable<Buffer> | Exclude<Answer<never>, { kind: 'found' }> {
    const { source, clock } = this.options;
    const { headers, statusCode, body } = opened.response;
    const retryAfter = readHeader(headers, 'retry-after');
    const verdict = answerOfStatus({ source, status: statusCode, retryAfter, nowMs: clock.now() });
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
    const wire = wireBytes(body, opened.record, (error) => {
      signal?.throwIfAborted();
      return this.#reasonOf(error);
    });
    return further(layers.length === 0 ? wire : decodeBytes(wire, layers, source), source);
  }

  #reasonOf(error: unknown): Reason {
    return reasonOfFailure(error, this.options.source, this.options.timeouts);
  }
}

function release({ response, record }: Opened, failure?: Reason['code']): void {
  record.over(failure);
  discard(response.body);
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
  if (/^text\/html\b/i.test(readHeader(headers, 'content-type') ?? ''))
    return { code: 'source-refused', detail: 'its answer is an HTML page, not a package' };
  return undefined;
}
