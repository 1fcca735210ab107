import type { Clock } from '../ops/clock.js';
import type { ReadThrough } from './read-through.js';
import { readResources, resources, resourcesFact } from './resources-fact.js';
import type { OfferedResources } from './source.js';

/**
 * What each member offers; `undefined` where it is not known: nobody waits longer than the grace for a source to say so, for without
 * an answer to this no client can begin.
 */
export async function offeredBy(
  members: readonly ReadThrough[],
  clock: Clock,
  graceMs: number,
): Promise<readonly (OfferedResources | undefined)[]> {
  const grace = new AbortController();
  const over = clock.sleep(graceMs, grace.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.all(
      members.map(async (member) => {
        const told = await Promise.race([member.read(resourcesFact, resources), over]);
        return told?.answer.kind === 'found' ? readResources(told.answer.value) : undefined;
      }),
    );
  } finally {
    grace.abort();
  }
}
