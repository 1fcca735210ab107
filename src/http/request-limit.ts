import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { sendProblem } from './problem.js';
import type { Trace } from './trace.js';

export interface RequestLimitOptions {
  /** Requests under way at one time. */
  readonly maxRequests: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long one who is turned away should wait, in milliseconds: what crowds here are bursts of restores. */
const comeAgainMs = 2_000;
/** The log is told of a crowd this often, in milliseconds. */
const tellEveryMs = 60_000;

/**
 * Turns requests away while too many are under way: early, with 503 and a time to come again, rather than all of them late. What is
 * answered from memory and the probes never come here.
 */
export class RequestLimit {
  #underWay = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RequestLimitOptions) {}

  /** Counts the request until its answer is out, or answers 503. @returns whether the request may go on */
  pass(req: IncomingMessage, res: ServerResponse, trace: Trace): boolean {
    const { maxRequests } = this.options;
    if (this.#underWay >= maxRequests) {
      this.#tell();
      trace.code = 'overloaded';
      sendProblem(
        res,
        {
          code: 'overloaded',
          detail: `${maxRequests} requests are under way here, as many as limits.maxRequests allows`,
          retryAfterMs: comeAgainMs,
        },
        req.method === 'HEAD',
      );
      return false;
    }
    this.#underWay++;
    res.once('close', () => this.#underWay--);
    return true;
  }

  #tell(): void {
    const { clock, log, maxRequests } = this.options;
    const nowMs = clock.now();
    if (Math.abs(nowMs - this.#toldAtMs) < tellEveryMs) return;
    this.#toldAtMs = nowMs;
    log.warn({ maxRequests }, 'more requests at one time than limits.maxRequests: they are told to come again');
  }
}
