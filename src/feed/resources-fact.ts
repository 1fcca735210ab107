import { found } from './answer.js';
import type { FactShape, Subject } from './fact-shape.js';
import type { OfferedResources } from './source.js';
import type { Fact } from './store.js';
import { wholeSource } from './whole-source.js';

const none: OfferedResources = { vulnerabilities: false, repositorySignatures: false };

/** Which optional resources a source offers. */
export const resourcesFact: FactShape<OfferedResources, Subject> = {
  kind: 'resources',
  ask: async (source, _subject, ask) => {
    const offered = source.offers ? await source.offers(ask) : found(none);
    return offered.kind === 'found' ? found({ value: offered.value, validators: {} }) : offered;
  },
  keep: (offered) => ({ head: offered, parts: [], unparsable: [] }),
};

export const resources = wholeSource('its resources');

export function readResources(fact: Fact): OfferedResources {
  return fact.head as OfferedResources;
}
