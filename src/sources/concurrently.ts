/**
 * Runs `work` for every element, at most `limit` at a time, results in the elements' order. After a throw nothing new is begun,
 * and what runs is waited for.
 */
export async function concurrently<T, R>(
  elements: readonly T[],
  limit: number,
  work: (element: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = elements.entries();
  let failure: { readonly error: unknown } | undefined;
  const lane = async () => {
    for (const [place, element] of queue) {
      if (failure !== undefined) return;
      try {
        results[place] = await work(element);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, elements.length) }, lane));
  if (failure !== undefined) throw failure.error;
  return results;
}
