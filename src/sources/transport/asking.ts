import type { Dispatcher } from 'undici';
import { failed, refused } from '../../feed/answer.js';
import type { Failed, Reason, Refused } from '../../feed/answer.js';
import type { Urgency } from '../../feed/source.js';
import type { Clock } from '../../ops/clock.js';
import { GivenUpError } from './ahead-line.js';
import type { AheadPlaces } from './ahead-places.js';
import { answerOfReason } from './answer-of-reason.js';
import {
  isLostConnection,
  isProxyFailure,
  isSilence,
  isTlsFailure,
  isWithoutConnection,
  reasonOfFailure,
} from './connection-failure.js';
import { Connections } from './connections.js';
import type { ConnectionOptions } from './connections.js';
import { Credentials } from './credentials.js';
import type { SourceAuth } from './credentials.js';
import { ExchangeRecord } from './exchange.js';
import type { Exchange, ExchangeObserver } from './exchange.js';
import { readHeader } from './header.js';
import { RequestRate } from './rate.js';
import { ForbiddenAddressError, isRedirect, Route } from './redirect.js';
import { discard } from './response-body.js';
import { isGatewayStatus, Retries } from './retries.js';
import { readRetryAfter } from './retry-after.js';
import { OverloadedError, RequestSlots } from './slots.js';
import { goodStanding } from './standing.js';
import type { Standing } from './standing.js';
import { isThrottling } from './status.js';

export interface AskingOptions extends ConnectionOptions {
  /** The source's name, for reasons and figures. */
  readonly source: string;
  /** The configured address: credentials belong to it, and where it is https everything is. */
  readonly url: URL;
  readonly auth?: SourceAuth;
  /** More wait their turn; absent: as many as come. */
  readonly maxRequestsPerSecond?: number;
  /** Of all sources together. */
  readonly aheadPlaces?: AheadPlaces;
  /** What is known of the source beyond one exchange. */
  readonly standing?: Standing;
  /** No second try begins later than this after the first, in milliseconds. */
  readonly retryWithinMs?: number;
  /** Larder's own, for the User-Agent. */
  readonly version: string;
  readonly clock: Clock;
  readonly observe?: ExchangeObserver;
}

/** An answer's headers, with its body still to come. */
export interface Opened {
  readonly response: Dispatcher.ResponseData;
  readonly record: ExchangeRecord;
  readonly url: URL;
  /** Whether it was shown who we are. */
  readonly wasSigned: boolean;
}

/** What is asked, whichever address it ends up at. */
export interface Question {
  readonly headers: Readonly<Record<string, string>>;
  readonly carries: Exchange['carries'];
  readonly signal: AbortSignal | undefined;
  readonly urgency?: Urgency | undefined;
  /** As in `Ask`. */
  readonly standsBack?: boolean | undefined;
  /** Asked past everything that spares the source, and once only. */
  readonly isProbe?: boolean;
}

/** No headers came. */
interface Unopened {
  readonly answer: Refused | Failed;
  /** The connection ended before an answer. */
  readonly isLost: boolean;
}

const defaultRetryWithinMs = 10_000;
/** Many who wait for the end of a pause come one after the other, within so many milliseconds. */
const spreadMs = 250;

/** Asks one source, up to the headers of its answer: connections, places, credentials, redirects and second tries. */
export class Asking {
  readonly credentials: Credentials;
  readonly standing: Standing;
  readonly #connections: Connections;
  readonly #slots: RequestSlots;
  readonly #rate: RequestRate | undefined;
  #isRenewing = false;

  /** @throws Error when a certificate in the options cannot be read */
  constructor(private readonly options: AskingOptions) {
    const { url, auth, maxConcurrent, maxRequestsPerSecond, clock } = options;
    const standing = (this.standing = options.standing ?? goodStanding());
    this.credentials = new Credentials(url, auth);
    this.#connections = new Connections(options, this.credentials.scope, this.credentials.certificate);
    this.#slots = new RequestSlots(
      maxConcurrent,
      (count) => (standing.waiting = count),
      undefined,
      options.aheadPlaces,
    );
    this.#rate = maxRequestsPerSecond === undefined ? undefined : new RequestRate(maxRequestsPerSecond, clock);
  }

  /** For one question, which may be asked again. */
  retries(): Retries {
    const { clock, retryWithinMs = defaultRetryWithinMs } = this.options;
    return new Retries(clock, this.standing, retryWithinMs);
  }

  /** The answer that counts, after redirects and second tries. @throws the signal's reason when it is aborted */
  async open(url: URL, question: Question, retries: Retries): Promise<Opened | Refused | Failed> {
    const { clock, source } = this.options;
    for (;;) {
      try {
        const opened = await this.#follow(url, question, retries);
        if ('isLost' in opened) {
          if (opened.isLost && !question.isProbe && (await retries.again('lost', question.signal))) continue;
          return opened.answer;
        }
        const { statusCode: status, headers } = opened.response;
        const retryAfter = readHeader(headers, 'retry-after');
        const mishap = isThrottling({ status, retryAfter })
          ? ('throttled' as const)
          : isGatewayStatus(status)
            ? ('gateway' as const)
            : undefined;
        if (mishap === undefined) return opened;
        const wishMs = readRetryAfter(retryAfter, clock.now());
        if (mishap === 'throttled') this.standing.throttled(wishMs);
        const isOnce = question.isProbe ?? question.urgency?.isAhead;
        if (isOnce || !(await this.#again(opened, mishap, retries, question.signal, wishMs))) return opened;
      } catch (error) {
        if (error instanceof ForbiddenAddressError)
          return refused({ source, code: 'source-refused', detail: error.message });
        if (error instanceof OverloadedError || error instanceof GivenUpError)
          return failed({ source, code: 'overloaded', detail: error.message });
        throw error;
      }
    }
  }

  /** Lets go of all connections; whatever is still being read breaks off. */
  async close(): Promise<void> {
    await this.#connections.destroy();
  }

  /** The body is kept until it is known that nobody wants it. */
  async #again(
    opened: Opened,
    mishap: 'throttled' | 'gateway',
    retries: Retries,
    signal: AbortSignal | undefined,
    wishMs: number | undefined,
  ): Promise<boolean> {
    try {
      if (!(await retries.again(mishap, signal, wishMs))) return false;
    } catch (error) {
      release(opened);
      throw error;
    }
    release(opened, 'source-failed');
    return true;
  }

  async #follow(url: URL, question: Question, retries: Retries): Promise<Opened | Unopened> {
    const route = new Route(url, this.options.url.protocol === 'https:');
    let from: URL | undefined;
    for (;;) {
      const opened = await this.#exchange(route.current, from, question, retries);
      if ('isLost' in opened || !isRedirect(opened.response.statusCode)) return opened;
      release(opened);
      from = route.current;
      route.follow(readHeader(opened.response.headers, 'location'));
    }
  }

  /** @returns gives the place back, or why there is none for this question */
  async #enter({ carries, signal, urgency, standsBack, isProbe }: Question): Promise<(() => void) | Reason> {
    if (isProbe) return () => undefined;
    const { clock, source, retryWithinMs = defaultRetryWithinMs } = this.options;
    if (urgency) await this.#untilSpare(urgency, signal);
    const leave = await this.#slots.enter(carries, signal, urgency, standsBack);
    try {
      await this.#rate?.turn(signal);
      for (let leftMs = this.standing.pausedMs(); leftMs > 0; leftMs = this.standing.pausedMs()) {
        if (leftMs > retryWithinMs || urgency?.isAhead) {
          leave();
          const detail = 'wants to be asked less, and is left alone';
          return { source, code: 'source-failed', detail, retryAfterMs: leftMs, throttled: true };
        }
        await clock.sleep(leftMs + Math.random() * spreadMs, signal);
      }
    } catch (error) {
      leave();
      throw error;
    }
    const away = this.standing.away();
    if (away) leave();
    return away ?? leave;
  }

  /** A guess comes when those who wait for answers would not miss its turn. */
  async #untilSpare(urgency: Urgency, signal: AbortSignal | undefined): Promise<void> {
    while (this.#rate && urgency.isAhead && !urgency.isGivenUp) {
      const waitMs = this.#rate.spareInMs();
      if (waitMs === 0) return;
      await this.#sleepWhileAhead(waitMs, urgency, signal);
    }
  }

  async #sleepWhileAhead(ms: number, urgency: Urgency, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const forget = urgency.onChange(() => over.abort());
    try {
      await this.options.clock.sleep(ms, signal ? AbortSignal.any([signal, over.signal]) : over.signal);
    } catch (error) {
      if (!over.signal.aborted || signal?.aborted) throw error;
    } finally {
      forget();
    }
  }

  /** @param from the address whose redirect led here */
  async #exchange(
    url: URL,
    from: URL | undefined,
    question: Question,
    retries: Retries,
    isRepeat = false,
  ): Promise<Opened | Unopened> {
    const { source, observe, version } = this.options;
    const { headers, carries, signal } = question;
    const leave = await this.#enter(question);
    if (typeof leave !== 'function') return { answer: failed(leave), isLost: false };
    const record = new ExchangeRecord(source, carries, observe, leave);
    let way, signed, beganAtMs;
    try {
      await this.credentials.look();
      await this.#connections.look();
      signed = this.credentials.headersFor(url, from);
      way = this.#connections.wayTo(url);
      beganAtMs = performance.now();
    } catch (error) {
      leave();
      throw error;
    }
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
      return this.#exchange(url, from, question, retries, true);
    } catch (error) {
      const reason = this.#reasonOf(error, url, way.proxyOf(url));
      record.over(signal?.aborted ? undefined : reason.code);
      signal?.throwIfAborted();
      if (!isRepeat && (await this.#isWorthRepeating(error, url, beganAtMs, retries)))
        return this.#exchange(url, from, question, retries, true).finally(() => (this.#isRenewing = false));
      return { answer: answerOfReason(reason), isLost: isLostConnection(error) };
    }
  }

  #reasonOf(error: unknown, url: URL, proxy: string | undefined): Reason {
    const reason = reasonOfFailure(error, this.options.source, this.options.timeouts, proxy);
    const isOwnHost = url.origin === this.options.url.origin;
    return isOwnHost && isWithoutConnection(error) ? { ...reason, unconnected: true } : reason;
  }

  /**
   * A kept-alive connection that the source closed just now or that died in silence, or a certificate or proxy that was replaced: asked
   * once more on a new one. Of many that were silent one is enough to find out.
   */
  async #isWorthRepeating(error: unknown, url: URL, beganAtMs: number, retries: Retries): Promise<boolean> {
    if (isLostConnection(error)) return retries.atOnce();
    if (isTlsFailure(error) || isProxyFailure(error)) return (await this.#connections.look(true)) && retries.atOnce();
    const isOld = isSilence(error) && this.#connections.wasOld(url, beganAtMs);
    if (!isOld || this.#isRenewing || !this.standing.mayRetry() || !retries.atOnce()) return false;
    this.#isRenewing = true;
    this.#connections.renew();
    return true;
  }

  #wasSigned(url: URL, signed: object): boolean {
    const { certificate, scope } = this.credentials;
    return Object.keys(signed).length > 0 || (certificate !== undefined && scope.coversConnection(url));
  }

  /** Whether our credentials are others now than those that were refused: files that hold them are looked at at once. */
  async #hasNewProof(url: URL, from: URL | undefined, signed: Readonly<Record<string, string>>): Promise<boolean> {
    await this.credentials.look(true);
    const hasNewConnections = await this.#connections.look(true);
    return hasNewConnections || JSON.stringify(this.credentials.headersFor(url, from)) !== JSON.stringify(signed);
  }
}

const isUnauthorized = (status: number) => status === 401 || status === 403;

/** Lets go of an answer that nobody will read. */
export function release({ response, record }: Opened, failure?: Reason['code']): void {
  record.over(failure);
  discard(response.body);
}
