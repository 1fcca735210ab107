/** Counters as values of the index: decimal, so that a person can read them. */
export const encodeNumber = (value: number): Buffer => Buffer.from(String(value));

/** @throws when the stored value is no counter */
export function decodeNumber(stored: Buffer | undefined): number | undefined {
  if (stored === undefined) return undefined;
  const value = Number(stored.toString());
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`the store's index holds ${stored.toString()} where a counter should be`);
  return value;
}
