import type { PublishedBy } from '../nuget/version-conflicts.js';

/**
 * Who publishes other bytes than those that are, or would be, served.
 *
 * @param sha512 of what is served; without it nothing can be told apart
 */
export function otherBytes(sha512: string | undefined, published: readonly PublishedBy[]): PublishedBy[] {
  return sha512 === undefined ? [] : published.filter((other) => other.sha512 !== sha512);
}
