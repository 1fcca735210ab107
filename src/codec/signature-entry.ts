import type { ZipDirectory, ZipEntry } from './zip-directory.js';

export const signatureName = '.signature.p7s';
const stored = 0;

/**
 * The entry that holds a signed package's signature: of that very name, at the root, stored (`SigningSpecificationsV1` of NuGet.Packaging).
 * Says that there is one, not that it holds.
 */
export function findSignature(directory: ZipDirectory): ZipEntry | undefined {
  return directory.entries.find(({ name, method }) => name === signatureName && method === stored);
}
