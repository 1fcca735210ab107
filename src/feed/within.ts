import type { Clock } from '../ops/clock.js';

/**
 * What `work` comes to, or what `otherwise` says when it takes longer than `limitMs`; the work goes on.
 * @throws what either of the two throws
 */
export async function within<T, O>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
  otherwise: () => O | Promise<O>,
): Promise<T | O> {
  let forget: (() => void) | undefined;
  // A timer, not a sleep that is called off: that costs an error with its stack, each time.
  const late = new Promise<void>((resolve) => (forget = clock.later(limitMs, resolve))).then(otherwise);
  try {
    return await Promise.race([work, late]);
  } finally {
    forget?.();
  }
}
