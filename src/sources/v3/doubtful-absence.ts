import { missing, refused } from '../../feed/answer.js';
import type { Missing, Refused } from '../../feed/answer.js';
import type { ResourceAddresses } from './resource-addresses.js';
import type { ServiceIndex } from './service-index.js';
import type { ServiceIndexMemo } from './service-index-memo.js';

/** A source without any tells of vulnerabilities only (an audit source). */
export const hasPackages = ({ flatContainer, registration }: ServiceIndex) =>
  flatContainer.areOffered || registration.areOffered;

/**
 * Asks a source for something of a package. That it does not have it is believed only where its service index is still what it was: a server
 * that lost its application, or hides everything from a stranger, answers 404 to all (and its index, read minutes ago, still counts). Where
 * the resources have moved it is asked again there. An index that cannot be had just now casts no doubt.
 *
 * @param ask asks by the index given
 */
export async function askOfPackage<A extends { readonly kind: string }>(
  memo: ServiceIndexMemo,
  signal: AbortSignal | undefined,
  ask: (index: ServiceIndex) => Promise<A | Missing>,
) {
  const index = await memo.get(signal);
  if (index.kind !== 'found') return index;
  if (!hasPackages(index.value)) return missing;
  const answer = await ask(index.value);
  if (answer.kind !== 'missing') return answer;
  const recent = await memo.recent(signal);
  if (recent.kind === 'refused') return doubted(recent);
  if (recent.kind === 'failed' || areSame(recent.value, index.value)) return answer;
  return hasPackages(recent.value) ? ask(recent.value) : missing;
}

function doubted({ reason }: Refused): Refused {
  return refused({
    ...reason,
    detail: `says that it has no such thing, but no longer has an index either: ${reason.detail}`,
  });
}

function areSame(one: ServiceIndex, other: ServiceIndex): boolean {
  const placesOf = ({ all }: ResourceAddresses) => all.map(({ href }) => href).join(' ');
  return (
    placesOf(one.flatContainer) === placesOf(other.flatContainer) &&
    placesOf(one.registration) === placesOf(other.registration)
  );
}
