const dayMs = 86_400_000;

/** `Retry-After` (RFC 9110, 10.2.3) in milliseconds from now, between 0 and a day; `undefined` when it says nothing readable. */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), dayMs);
}
