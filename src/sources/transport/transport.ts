import type { Dispatcher } from 'undici';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import { found, refused } from '../../feed/answer.js';
import type { Answer, Failed, Reason, Refused } from '../../feed/answer.js';
import { SourceBrokeOff } from '../../feed/source.js';
import type { Ask, PackageBytes, Validators } from '../../feed/source.js';
import type { Clock } from '../../ops/clock.js';
import { answerOfReason } from './answer-of-reason.js';
import { boundedBytes, exactBytes } from './bounded.js';
import { isLostConnection, isProxyFailure, isTlsFailure, reasonOfFailure } from './connection-failure.js';
import { Connections } from './connections.js';
import type { ConnectionOptions } from './connections.js';
import { Credentials } from './credentials.js';
import type { SourceAuth } from './credentials.js';
import { decodeBytes, gunzipUnannounced, readContentEncoding } from './decode.js';
import { ExchangeRecord } from './exchange.js';
import type { Exchange, ExchangeObserver } from './exchange.js';
import { readContentLength, readHeader } from './header.js';
import type { ResponseHeaders } from './header.js';
import { PackageBody } from './package-body.js';
import { ForbiddenAddressError, Route, isRedirect } from './redirect.js';
import { discard, wireBytes } from './response-body.js';
import { answerOfStatus } from './status.js';

export interface TransportOptions extends ConnectionOptions {
  /** The source's name, for reasons and figures. */
  readonly source: string;
  /** The configured address: credentials belong to it, and where it is https everything is. */
  readonly url: URL;
  readonly auth?: SourceAuth;
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
  /** Whether it was shown who we are. */
  readonly wasSigned: boolean;
}

/** What is asked, whichever address it ends up at. */
interface Question {
  readonly headers: Readonly<Record<string, string>>;
  readonly carries: Exchange['carries'];
  readonly signal: AbortSignal | undefined;
}

/** Asks one source over HTTP. Whatever the source does comes back as an answer; only an aborted `ask.signal` throws. */
export class Transport {
  readonly #credentials: Credentials;
  readonly #connections: Connections;

  /** @throws Error when a certificate in the options cannot be read */
  constructor(private readonly options: TransportOptions) {
    this.#credentials = new Credentials(options.url, options.auth);
    this.#connections = new Connections(options, this.#credentials.scope, this.#credentials.certificate);
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
    const opened = await this.#open(url, { headers, carries: 'document', signal: ask.signal });
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
    const opened = await this.#open(url, {
      headers: { accept: '*/*', 'accept-encoding': 'identity' },
      carries: 'package',
      signal: opening.signal,
    });
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
    await this.#connections.destroy();
  }

  /** Follows redirects to the answer that counts. */
  async #open(url: URL, question: Question): Promise<Opened | Refused | Failed> {
    try {
      const route = new Route(url, this.options.url.protocol === 'https:');
      let from: URL | undefined;
      for (;;) {
        const opened = await this.#exchange(route.current, from, question);
        if ('kind' in opened || !isRedirect(opened.response.statusCode)) return opened;
        release(opened);
        from = route.current;
        route.follow(readHeader(opened.response.headers, 'location'));
      }
    } catch (error) {
      if (!(error instanceof ForbiddenAddressError)) throw error;
      return refused({ source: this.options.source, code: 'source-refused', detail: error.message });
    }
  }

  /** @param from the address whose redirect led here */
  async #exchange(
    url: URL,
    from: URL | undefined,
    question: Question,
    isRepeat = false,
  ): Promise<Opened | Refused | Failed> {
    const { source, observe, version, timeouts } = this.options;
    const { headers, carries, signal } = question;
    await this.#credentials.look();
    await this.#connections.look();
    const signed = this.#credentials.headersFor(url, from);
    const record = new ExchangeRecord(source, carries, observe);
    const way = this.#connections.wayTo(url);
    try {
      const response = await way.dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers: { 'user-agent': `larder/${version}`, ...headers, ...signed },
        ...(signal && { signal }),
      });
      // A body let go of reports it as an error; those who read it hear it from their iteration.
      response.body.on('error', () => undefined);
      record.answered(response.statusCode);
      const opened = { response, record, url, wasSigned: this.#wasSigned(url, signed) };
      if (isRepeat || !isUnauthorized(response.statusCode) || !(await this.#hasNewProof(url, from, signed)))
        return opened;
      release(opened, 'source-refused');
      return this.#exchange(url, from, question, true);
    } catch (error) {
      const reason = reasonOfFailure(error, source, timeouts, way.proxyOf(url));
      record.over(signal?.aborted ? undefined : reason.code);
      signal?.throwIfAborted();
      // A kept-alive connection that the source closed just now, or a certificate or proxy that was replaced: ask once more on a new one.
      const mayBeOld = isTlsFailure(error) || isProxyFailure(error);
      const isWorthRepeating =
        !isRepeat && (isLostConnection(error) || (mayBeOld && (await this.#connections.look(true))));
      if (isWorthRepeating) return this.#exchange(url, from, question, true);
      return answerOfReason(reason);
    }
  }

  #wasSigned(url: URL, signed: object): boolean {
    const { certificate, scope } = this.#credentials;
    return Object.keys(signed).length > 0 || (certificate !== undefined && scope.coversConnection(url));
  }

  /** Whether our credentials are others now than those that were refused: files that hold them are looked at at once. */
  async #hasNewProof(url: URL, from: URL | undefined, signed: Readonly<Record<string, string>>): Promise<boolean> {
    await this.#credentials.look(true);
    const hasNewConnections = await this.#connections.look(true);
    return hasNewConnections || JSON.stringify(this.#credentials.headersFor(url, from)) !== JSON.stringify(signed);
  }

  /** The body's bytes without their encodings, or what the status says instead. */
  #decoded(
    opened: Opened,
    further: (bytes: AsyncIterable<Buffer>, source: string) => AsyncIterable<Buffer>,
    signal?: AbortSignal,
  ): AsyncIterable<Buffer> | Exclude<Answer<never>, { kind: 'found' }> {
    const { source, clock } = this.options;
    const { headers, statusCode, body } = opened.response;
    const verdict = answerOfStatus({
      source,
      status: statusCode,
      retryAfter: readHeader(headers, 'retry-after'),
      nowMs: clock.now(),
      credentials: opened.wasSigned ? 'sent' : this.#credentials.areConfigured ? 'withheld' : 'none',
      host: opened.url.host,
      isPage: isHtml(headers),
    });
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
      return reasonOfFailure(error, source, this.options.timeouts);
    });
    return further(layers.length === 0 ? wire : decodeBytes(wire, layers, source), source);
  }
}

const isUnauthorized = (status: number) => status === 401 || status === 403;

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
  if (isHtml(headers)) return { code: 'source-refused', detail: 'its answer is an HTML page, not a package' };
  return undefined;
}

function isHtml(headers: ResponseHeaders): boolean {
  return /^text\/html\b/i.test(readHeader(headers, 'content-type') ?? '');
}
