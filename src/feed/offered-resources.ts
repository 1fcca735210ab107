import type { Clock } from '../ops/clock.js';
import type { ReadThrough } from './read-through.js';
import { readResources, resources, resourcesFact } from './resources-fact.js';
import type { OfferedResources } from './source.js';
import { within } from './within.js';

/**
 * What each member offers; `undefined` where it is not known: nobody waits longer than the grace for a source to say so, for without
 * an answer to this no client can begin.
 */
export async function offeredBy(
  members: readonly ReadThrough[],
  clock: Clock,
  graceMs: number,
): Promise<readonly (OfferedResources | undefined)[]> {
  return Promise.all(
    members.map(async (member) => {
      const told = await within(clock, graceMs, member.read(resourcesFact, resources), () => undefined);
      return told?.answer.kind === 'found' ? readResources(told.answer.value) : undefined;
    }),
  );
}
