import { BadPackageError } from '../codec/bad-package.js';
import type { ByteSource } from '../codec/byte-source.js';
import type { PackageNuspec } from '../codec/package-nuspec.js';
import { isAsSigned, readSignature } from '../codec/signature.js';
import { verifyEntries } from '../codec/zip-check.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { failed, found, refused } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { PublishedHash } from './source.js';
import type { Evidence, Pin } from './store.js';
import { versionConflict } from './version-conflict.js';

/** What is known of a package that asks to be let in. */
export interface Candidate {
  readonly identity: PackageIdentity;
  /** Where it comes from, by name. */
  readonly source: string;
  readonly content: ByteSource;
  /** What it says of itself. @throws BadPackageError as `readNuspec` */
  readonly nuspec: () => Promise<PackageNuspec>;
  /** Size that the source announced, in bytes. */
  readonly announcedSize?: number;
  /** Base64, computed over the bytes that arrived. */
  readonly sha512: string;
  /** What the source publishes; `missing` where it publishes none; absent while it has not said. */
  readonly published?: Answer<PublishedHash> | undefined;
  /** Waits for what the source publishes. */
  readonly publishedLater: () => Promise<Answer<PublishedHash>>;
  /** The source claims that a repository signed all its packages. */
  readonly isClaimedSigned?: boolean;
  /** What the id and version was first supplied as. */
  readonly pin?: Pin | undefined;
}

/**
 * Up to this size the signature's hash is compared even where the published one matched. Of larger packages the second reading costs a third
 * of the download, and says of bytes that are the source's own only that the source is wrong.
 */
export const maxTwiceProvenBytes = 8 * 1024 * 1024;
/** How long who asks should wait when the evidence could not be had and the source said nothing. */
const evidenceRetryMs = 5_000;

/**
 * The only door into the store for packages: size, zip directory, the identity in the nuspec, and evidence that the bytes are the author's.
 * In order: the hash that the source publishes, the hash that the package's signature tells, and the checksum of every entry where the source
 * publishes no hash and no signature held. Any of them that does not match refuses. Where a signature holds, nobody waits for a published
 * hash that has not come yet: whoever asks here compares it when it does.
 *
 * @returns what the package was admitted by
 */
export async function admit(candidate: Candidate): Promise<Answer<readonly Evidence[]>> {
  const { identity, source, content, announcedSize, sha512, publishedLater, pin } = candidate;
  let { published } = candidate;
  const reject = (why: string) => refused(rejected(source, identity, why));
  if (announcedSize !== undefined && announcedSize !== content.size)
    return reject(`${announcedSize} bytes were announced and ${content.size} arrived`);
  if (pin && pin.sha512 !== sha512) return refused(versionConflict(identity, source, pin.source));
  const isOtherThanPublished = () => published?.kind === 'found' && published.value.sha512 !== sha512;
  const rejectAsOther = () => refused(otherThanPublished(source, identity));
  if (isOtherThanPublished()) return rejectAsOther();
  try {
    const { directory, nuspec } = await candidate.nuspec();
    if (!nuspec.identity.equals(identity)) return reject(`its nuspec says ${nuspec.identity.toString()}`);
    const signature = await readSignature(content, directory);
    const signed = signature && 'signed' in signature ? signature : undefined;
    if (published === undefined && (signed === undefined || content.size > maxTwiceProvenBytes)) {
      published = await publishedLater();
      if (isOtherThanPublished()) return rejectAsOther();
    }
    // One that cannot be read here stands or falls with the published hash: the source may sign in a form that NuGet alone can read.
    const mayBeOfRepository = signed ? signed.isRepositorySigned : signature && published?.kind === 'found';
    if (candidate.isClaimedSigned && !mayBeOfRepository)
      return reject('the source says that it signed all its packages, and this one has no repository signature');
    const isSpared = published?.kind === 'found' && content.size > maxTwiceProvenBytes;
    const holds = signed && !isSpared ? await isAsSigned(content, directory, signed) : undefined;
    if (holds === false) return reject('its bytes are not those that its own signature was made over');
    const evidence = [
      ...(published?.kind === 'found' ? (['published-hash'] as const) : []),
      ...(holds ? (['signature-hash'] as const) : []),
    ];
    if (evidence.length > 0) return found(evidence);
    if (published?.kind === 'failed' || published?.kind === 'refused')
      return failed(unavailable(candidate, published.reason));
    await verifyEntries(content, directory);
    return found(['entry-checksums']);
  } catch (error) {
    if (error instanceof BadPackageError) return reject(error.message);
    throw error;
  }
}

/** Why bytes are not let in whose source publishes another hash than theirs. */
export function otherThanPublished(source: string, identity: PackageIdentity): Reason {
  return rejected(source, identity, 'its SHA-512 is not the one that the source publishes');
}

function rejected(source: string, identity: PackageIdentity, why: string): Reason {
  return {
    code: 'package-rejected',
    source,
    detail: `what ${source} sent as ${identity.toString()} was rejected: ${why}`,
  };
}

function unavailable({ source, identity }: Candidate, reason: Reason): Reason {
  return {
    ...reason,
    code: 'evidence-unavailable',
    source,
    detail: `${source} publishes a hash for ${identity.toString()} that could not be had, and no signature stands in for it: ${reason.detail}`,
    retryAfterMs: reason.retryAfterMs ?? evidenceRetryMs,
  };
}
