import type { Clock } from '../ops/clock.js';
import { RecentValues } from '../ops/recent-values.js';
import type { Reason } from './answer.js';

/**
 * - `up`: it answers
 * - `degraded`: it answers, and some of its late answers could not be used
 * - `down`: it is away, and is not asked until a probe is answered; or nothing usable comes of asking it
 * - `unauthorized`: it does not accept us
 * - `unknown`: it was not asked yet
 */
export type SourceState = 'up' | 'degraded' | 'down' | 'unauthorized' | 'unknown';

/** What is known of a source, in the shape of `/api/sources`. Times are ISO 8601. */
export interface SourceReport {
  readonly name: string;
  /** Without user info. */
  readonly url: string;
  readonly protocol: string;
  readonly state: SourceState;
  readonly lastSuccessAt: string | null;
  readonly lastError: string | null;
  readonly lastErrorCode: string | null;
  readonly lastErrorAt: string | null;
  /** To the headers of an answer, over the last 512 requests; `null` while there was none. */
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null };
  /** Requests over the network, redirects counted on their own. */
  readonly requests: number;
  readonly errors: number;
}

/** One request over the network and what came of it. */
export interface FinishedRequest {
  /** To the answer's headers; absent when none came. */
  readonly answeredMs?: number;
  readonly failed: boolean;
}

const keptLatencies = 512;
/** How long a failure lets a source that answers again count as degraded, in milliseconds. */
const degradedMs = 60_000;
/** So many unusable answers in a row make a source that can be reached count as down. */
const failuresUntilDown = 3;

/** Follows one source: what its answers were and how long its requests took. */
export class SourceFigures {
  readonly #latenciesMs = new RecentValues(keptLatencies);
  #requests = 0;
  #errors = 0;
  #lastSuccessAtMs: number | undefined;
  #lastFailure: { readonly reason: Reason; readonly atMs: number } | undefined;
  #failuresInARow = 0;

  /** @param isAway whether the source is not asked at all just now; `undefined` where nothing decides on that */
  constructor(
    private readonly clock: Clock,
    private readonly isAway: () => boolean | undefined = () => undefined,
  ) {}

  /** Counts a request that is over. */
  finished({ answeredMs, failed }: FinishedRequest): void {
    this.#requests++;
    if (failed) this.#errors++;
    if (answeredMs !== undefined) this.#latenciesMs.add(answeredMs);
  }

  /** Notes an answer of the source's; without a reason it is one that can be used, an absence included. */
  answered(reason?: Reason): void {
    if (reason === undefined) {
      this.#lastSuccessAtMs = this.clock.now();
      this.#failuresInARow = 0;
    } else {
      this.#lastFailure = { reason, atMs: this.clock.now() };
      this.#failuresInARow++;
    }
  }

  get state(): SourceState {
    const isAway = this.isAway();
    if (isAway) return 'down';
    if (this.#failuresInARow === 0) {
      if (this.#lastSuccessAtMs === undefined) return 'unknown';
      return this.#lastFailure && this.clock.now() - this.#lastFailure.atMs < degradedMs ? 'degraded' : 'up';
    }
    const reason = this.#lastFailure?.reason;
    if (reason?.unauthorized) return 'unauthorized';
    const isSilent =
      isAway === undefined && (reason?.code === 'source-unreachable' || reason?.code === 'source-timeout');
    const neverAnswered = this.#lastSuccessAtMs === undefined;
    return isSilent || neverAnswered || this.#failuresInARow >= failuresUntilDown ? 'down' : 'degraded';
  }

  report(source: Pick<SourceReport, 'name' | 'url' | 'protocol'>): SourceReport {
    const [p50, p95] = this.#latenciesMs.percentiles(50, 95);
    return {
      name: source.name,
      url: source.url,
      protocol: source.protocol,
      state: this.state,
      lastSuccessAt: isoTime(this.#lastSuccessAtMs),
      lastError: this.#lastFailure?.reason.detail ?? null,
      lastErrorCode: this.#lastFailure?.reason.code ?? null,
      lastErrorAt: isoTime(this.#lastFailure?.atMs),
      latencyMs: { p50: tenths(p50), p95: tenths(p95) },
      requests: this.#requests,
      errors: this.#errors,
    };
  }
}

const isoTime = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
const tenths = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 10) / 10);
