/** Mulberry32: the same numbers from the same seed, each at least 0 and below 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them, each as likely as its weight says. */
export function weighted<T>(random: () => number, choices: readonly (readonly [weight: number, choice: T])[]): T {
  let at = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, choice] of choices) if ((at -= weight) < 0) return choice;
  return choices[choices.length - 1]![1];
}

/** A place below `count`, the first ones far more often than the last: as packages are asked for. */
export function popular(random: () => number, count: number): number {
  return Math.min(count - 1, Math.floor(count ** random()) - 1 + Math.floor(random() * 2));
}
