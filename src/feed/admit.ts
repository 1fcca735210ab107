import { BadPackageError } from '../codec/bad-package.js';
import type { ByteSource } from '../codec/byte-source.js';
import { readNuspec } from '../codec/package-nuspec.js';
import { verifyEntries } from '../codec/zip-check.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { failed, found, refused } from './answer.js';
import type { Answer } from './answer.js';
import type { PublishedHash } from './source.js';

/** What is known of a package that asks to be let in. */
export interface Candidate {
  readonly identity: PackageIdentity;
  /** Where it comes from, by name. */
  readonly source: string;
  readonly content: ByteSource;
  /** Size that the source announced, in bytes. */
  readonly announcedSize?: number;
  /** Base64, computed over the bytes that arrived. */
  readonly sha512: string;
  /** What the source publishes; `missing` where it publishes none. */
  readonly published: Answer<PublishedHash>;
}

export type Evidence = 'published-hash' | 'entry-checksums';

/**
 * The only door into the store for packages: size, zip directory, the identity in the nuspec, and evidence that the bytes are the
 * author's: the hash that the source publishes or, where it publishes none, the checksum of every entry.
 */
export async function admit(candidate: Candidate): Promise<Answer<Evidence>> {
  const { identity, source, content, announcedSize, sha512, published } = candidate;
  const reject = (why: string) =>
    refused({
      code: 'package-rejected',
      source,
      detail: `what ${source} sent as ${identity.toString()} was rejected: ${why}`,
    });
  if (announcedSize !== undefined && announcedSize !== content.size)
    return reject(`${announcedSize} bytes were announced and ${content.size} arrived`);
  if (published.kind === 'found' && published.value.sha512 !== sha512)
    return reject('its SHA-512 is not the one that the source publishes');
  try {
    const { directory, nuspec } = await readNuspec(content);
    if (!nuspec.identity.equals(identity)) return reject(`its nuspec says ${nuspec.identity.toString()}`);
    if (published.kind === 'found') return found('published-hash');
    if (published.kind !== 'missing')
      return failed({
        ...published.reason,
        code: 'evidence-unavailable',
        source,
        detail: `${source} publishes a hash for ${identity.toString()} that could not be had: ${published.reason.detail}`,
      });
    await verifyEntries(content, directory);
    return found('entry-checksums');
  } catch (error) {
    if (error instanceof BadPackageError) return reject(error.message);
    throw error;
  }
}
