/**
 * How long `work` keeps the event loop at the most, in ms: the longest time between two of its turns.
 * The least of several looks, since other processes may hold the processor too.
 */
export async function longestHoldMs(work: () => unknown, looks = 5): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < looks; look++) least = Math.min(least, await holdOnce(work));
  return least;
}

async function holdOnce(work: () => unknown): Promise<number> {
  let longestMs = 0;
  let turnAtMs = performance.now();
  let isOver = false;
  const turn = () => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - turnAtMs);
    turnAtMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await work();
  } catch {
    // How it fares is looked at elsewhere.
  }
  await new Promise((resolve) => setImmediate(resolve));
  isOver = true;
  return longestMs;
}
