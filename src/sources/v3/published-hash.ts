import { isJsonObject } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { found, missing, refused } from '../../feed/answer.js';
import type { Answer } from '../../feed/answer.js';
import type { Ask, PublishedHash } from '../../feed/source.js';
import { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { PackageVersion } from '../../nuget/package-version.js';
import { leafPath } from '../../nuget/paths.js';
import { readJson, smallDocumentBytes } from '../transport/json-reader.js';
import type { DocumentAnswer, Transport } from '../transport/transport.js';
import { addressBelow, resolveAddress } from './resource-address.js';
import type { ServiceIndex } from './service-index.js';

/** A package, and where its details are in the catalog when that is known already. */
export interface Published {
  readonly identity: PackageIdentity;
  readonly at: URL | undefined;
}

/**
 * The hash that a source with a catalog publishes: the registration's leaf document names the catalog's leaf, and that holds it
 * (`catalog-resource.md`, package details). Some servers put the catalog's entry into the leaf document itself. A registration that was read
 * just now names the catalog's leaf too, which saves a round trip.
 */
export async function askPublishedHash(
  transport: Transport,
  { registration }: ServiceIndex,
  { identity, at }: Published,
  source: string,
  ask: Pick<Ask, 'signal' | 'urgency' | 'standsBack'>,
): Promise<Answer<PublishedHash>> {
  const known = at && (await askDetails(transport, at, identity, source, ask));
  if (known?.kind === 'found') return known;
  const leaf: DocumentAnswer<JsonObject> = await registration.inTurn((base) =>
    transport.document(addressBelow(base, leafPath(identity)), ask, readJson, smallDocumentBytes),
  );
  if (leaf.kind === 'unchanged') return unasked(source);
  if (leaf.kind !== 'found') return leaf;
  const entry = leaf.value.value['catalogEntry'];
  const sha512 = readHash(leaf.value.value) ?? (isJsonObject(entry) ? readHash(entry) : undefined);
  if (sha512 !== undefined) return found({ sha512 });
  const address = resolveAddress(isJsonObject(entry) ? entry['@id'] : entry, leaf.value.url);
  if (address === undefined) return missing;

  return askDetails(transport, address, identity, source, ask);
}

async function askDetails(
  transport: Transport,
  address: URL,
  identity: PackageIdentity,
  source: string,
  ask: Pick<Ask, 'signal' | 'urgency' | 'standsBack'>,
): Promise<Answer<PublishedHash>> {
  const details = await transport.document(address, ask, readJson, smallDocumentBytes);
  if (details.kind === 'unchanged') return unasked(source);
  if (details.kind !== 'found') return details;
  if (!isOf(details.value.value, identity))
    return refused({ source, code: 'source-refused', detail: 'its catalog tells of another package there' });
  const published = readHash(details.value.value);
  return published === undefined ? missing : found({ sha512: published });
}

function readHash({ packageHash, packageHashAlgorithm }: JsonObject): string | undefined {
  if (typeof packageHash !== 'string' || !/^[A-Za-z0-9+/]{86}==$/.test(packageHash)) return undefined;
  if (typeof packageHashAlgorithm !== 'string' || packageHashAlgorithm.toUpperCase() !== 'SHA512') return undefined;
  return packageHash;
}

function isOf(details: JsonObject, { id, version }: PackageIdentity): boolean {
  return (
    (PackageId.tryParse(details['id'])?.equals(id) ?? false) &&
    (PackageVersion.tryParse(details['version'])?.equals(version) ?? false)
  );
}

function unasked(source: string) {
  return refused({ source, code: 'source-refused', detail: 'answered 304 without being asked' });
}
