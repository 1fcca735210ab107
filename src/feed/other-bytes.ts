/** What one source publishes as the SHA-512 of a version. */
export interface PublishedBytes {
  readonly source: string;
  /** Base64. */
  readonly sha512: string;
}

/**
 * Who publishes other bytes than those that are, or would be, served.
 *
 * @param sha512 of what is served; without it nothing can be told apart
 */
export function otherBytes(sha512: string | undefined, published: readonly PublishedBytes[]): PublishedBytes[] {
  return sha512 === undefined ? [] : published.filter((other) => other.sha512 !== sha512);
}
