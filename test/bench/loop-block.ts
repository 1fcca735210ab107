import { performance } from 'node:perf_hooks';

/** The longest time for which the event loop did not turn while `work` ran, in milliseconds. */
export async function longestBlockMs(work: () => Promise<unknown>): Promise<number> {
  let longestMs = 0;
  let turnedAtMs = performance.now();
  let isOver = false;
  const turn = () => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - turnedAtMs);
    turnedAtMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  longestMs = Math.max(longestMs, performance.now() - turnedAtMs);
  isOver = true;
  return longestMs;
}
