import type { WorldSource } from '../world/world.js';

/** What a user with a far source sets: both limits raised (`docs/prefetch.md`). */
export function wideLimits({ url }: WorldSource): Readonly<Record<string, unknown>> {
  return { sources: [{ name: 'origin', url, maxConcurrent: 128 }], prefetch: { maxConcurrent: 64 } };
}
