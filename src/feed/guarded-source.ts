import type { Clock } from '../ops/clock.js';
import type { Reason } from './answer.js';
import { aroundSource } from './around-source.js';
import type { SourceHealth } from './source-health.js';
import type { Source } from './source.js';
import { isFailedGuess, isPresentWord } from './watched-source.js';

/** Those who waited for the end of a pause come back one after the other, within so many milliseconds. */
const spreadMs = 250;

export interface GuardOptions {
  readonly health: SourceHealth;
  readonly clock: Clock;
  /** How long a question waits for the end of a pause that the source asked for, in milliseconds; longer pauses refuse it at once. */
  readonly maxPauseMs: number;
}

/**
 * The same source, spared while it is away or asked to be left alone: whatever is asked of it, one answer tells of all. Its health hears
 * every answer.
 */
export function guardSource(source: Source, { health, clock, maxPauseMs }: GuardOptions): Source {
  const pauseOver = async (): Promise<Reason | undefined> => {
    for (let paused = health.paused(); paused !== undefined; paused = health.paused()) {
      const leftMs = paused.retryAfterMs ?? 0;
      if (leftMs > maxPauseMs) return paused;
      await clock.sleep(leftMs + Math.random() * spreadMs);
    }
    return health.away();
  };
  return aroundSource(source, {
    refuse: () => health.away() ?? (health.paused() === undefined ? undefined : pauseOver()),
    asking: (questioned) => {
      const beganAtMs = clock.monotonicMs();
      return (answer) => {
        if (isFailedGuess(answer, questioned.urgency)) return;
        if (isPresentWord(answer, questioned)) health.observe(answer, questioned.question, beganAtMs);
      };
    },
  });
}
