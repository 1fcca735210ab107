/**
 * How long `work` keeps the event loop at the most, in ms: the longest time between two of its turns, the least of several looks. Of each
 * turn the process's own CPU time counts where that is less: other processes may hold the processor too.
 */
export async function longestHoldMs(work: () => unknown, looks = 5): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < looks; look++) least = Math.min(least, await holdOnce(work));
  return least;
}

async function holdOnce(work: () => unknown): Promise<number> {
  let longestMs = 0;
  let before = now();
  let isOver = false;
  const turn = () => {
    const after = now();
    longestMs = Math.max(longestMs, Math.min(after.wallMs - before.wallMs, after.cpuMs - before.cpuMs));
    before = after;
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

function now(): { wallMs: number; cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
}
