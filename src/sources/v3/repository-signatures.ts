import { createHash } from 'node:crypto';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import { found, refused } from '../../feed/answer.js';
import type { Answer } from '../../feed/answer.js';
import type { Ask, PublishedCertificate, RepositorySignatures, SourceAnswer } from '../../feed/source.js';
import { readSigningCertificate, sha256Fingerprint } from '../../nuget/repository-signatures.js';
import type { SigningCertificate } from '../../nuget/repository-signatures.js';
import { readJson, readWhole, smallDocumentBytes } from '../transport/json-reader.js';
import type { Transport } from '../transport/transport.js';
import { concurrently } from '../concurrently.js';
import { resolveAddress } from './resource-address.js';
import type { ResourceAddresses } from './resource-addresses.js';

const maxCertificates = 100;
const maxCertificateBytes = 64 * 1024;
const certificatesAtOnce = 4;

interface Claim {
  readonly allRepositorySigned: boolean;
  readonly entries: readonly unknown[];
}

/** What a source says of its signatures (`repository-signatures-resource.md`), with the certificates that it names. */
export async function askRepositorySignatures(
  transport: Transport,
  addresses: ResourceAddresses,
  source: string,
  ask: Ask,
): Promise<SourceAnswer<RepositorySignatures>> {
  return addresses.inTurn<SourceAnswer<RepositorySignatures>>(async (address) => {
    const claim = await transport.document(address, ask, readRepositorySignatureClaim, smallDocumentBytes);
    if (claim.kind === 'missing')
      return refused({
        source,
        code: 'source-refused',
        detail: 'has no repository signatures where its service index says',
      });
    if (claim.kind !== 'found') return claim;
    const { value, url, validators } = claim.value;
    const unparsable: string[] = [];
    const bare = value.entries.flatMap((entry) => {
      const facts = readSigningCertificate(entry);
      if (facts === undefined) unparsable.push(JSON.stringify(entry).slice(0, 100));
      return facts ? [{ facts, address: resolveAddress((entry as { contentUrl?: unknown }).contentUrl, url) }] : [];
    });
    const signal = ask.signal ? { signal: ask.signal } : {};
    const certificates = await concurrently(bare, certificatesAtOnce, (one) =>
      askCertificate(transport, one.facts, one.address, signal),
    );
    const published: PublishedCertificate[] = [];
    for (const certificate of certificates) {
      if (certificate.kind === 'failed') return certificate;
      if (certificate.kind === 'found') published.push(certificate.value);
    }
    return found({
      value: { allRepositorySigned: value.allRepositorySigned, certificates: published, unparsable },
      validators,
    });
  });
}

/** @throws UnreadableDocumentError when it does not say what every such document must */
export async function readRepositorySignatureClaim(bytes: AsyncIterable<Buffer>): Promise<Claim> {
  const { allRepositorySigned, signingCertificates } = await readJson(bytes);
  if (typeof allRepositorySigned !== 'boolean' || !Array.isArray(signingCertificates))
    throw new UnreadableDocumentError('does not tell of repository signatures');
  if (signingCertificates.length > maxCertificates)
    throw new UnreadableDocumentError(`names more than ${maxCertificates} certificates`);
  return { allRepositorySigned, entries: signingCertificates };
}

/** Nobody needs the certificate itself to check a package: without it only its address leads nowhere. */
async function askCertificate(
  transport: Transport,
  facts: SigningCertificate,
  address: URL | undefined,
  ask: Ask,
): Promise<Answer<PublishedCertificate>> {
  if (address === undefined) return found({ facts });
  const answer = await transport.document(address, ask, readWhole, maxCertificateBytes);
  if (answer.kind === 'failed') return answer;
  if (answer.kind !== 'found') return found({ facts });
  const bytes = answer.value.value;
  const fits = createHash('sha256').update(bytes).digest('hex') === sha256Fingerprint(facts);
  return found(fits ? { facts, bytes } : { facts });
}
