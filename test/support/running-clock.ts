import type { Clock } from '../../src/ops/clock.js';
import { systemClock } from '../../src/ops/clock.js';

/** A clock that runs, from a time of its own, and can be moved on: for tests in which pauses are really waited for. */
export class RunningClock implements Clock {
  #wallOffsetMs = Date.parse('2030-01-02T03:04:05Z') - systemClock.now();
  #passedMs = 0;
  readonly sleep: Clock['sleep'] = (ms, signal) => systemClock.sleep(ms, signal);
  readonly later: Clock['later'] = (ms, run) => systemClock.later(ms, run);
  now(): number {
    return systemClock.now() + this.#wallOffsetMs;
  }
  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#passedMs;
  }
  advance(ms: number): void {
    this.#wallOffsetMs += ms;
    this.#passedMs += ms;
  }
  /** Somebody sets the wall clock; no time passes. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }
}
