import type { Dispatcher } from 'undici';
import { nupkgPath } from '../../src/nuget/paths.js';
import type { PackageIdentity } from '../../src/nuget/package-identity.js';

/** Where a Larder serves the package, from its root. */
export function flatPath(identity: PackageIdentity): string {
  return `/v3/flat/${nupkgPath(identity)}`;
}

export interface Received {
  readonly status: number;
  readonly cache: string | undefined;
  readonly length: number;
  /** Every byte is the one that stands at its place in the original. */
  readonly isEqual: boolean;
}

/**
 * Reads one answer to its end and compares it with the original as it comes: nothing is collected.
 *
 * @param start where in the original the answer is to begin
 * @throws when the connection breaks off
 */
export async function receive(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  original: Buffer,
  start = 0,
): Promise<Received> {
  let length = 0;
  let isEqual = true;
  for await (const piece of body as AsyncIterable<Buffer>) {
    const at = start + length;
    isEqual &&= piece.equals(original.subarray(at, at + piece.length));
    length += piece.length;
  }
  return { status: statusCode, cache: headers['x-cache'] as string | undefined, length, isEqual };
}
