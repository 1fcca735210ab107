/** How long to wait before the attempt that follows so many: twice as long each time, up to a bound, less up to a half by chance. */
export function backoffMs(
  attempts: number,
  { firstMs, longestMs }: { readonly firstMs: number; readonly longestMs: number },
  random: () => number = Math.random,
): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempts, 30));
  return wholeMs * (1 - random() / 2);
}
