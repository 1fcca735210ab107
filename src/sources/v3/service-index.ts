import { UnreadableDocumentError, isJsonObject } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { PackageVersion } from '../../nuget/package-version.js';
import { resolveAddress } from './resource-address.js';
import { ResourceAddresses } from './resource-addresses.js';

/** What a V3 source offers, as far as it is used here (`service-index.md`). */
export interface ServiceIndex {
  readonly registration: ResourceAddresses;
  readonly flatContainer: ResourceAddresses;
  readonly catalog: ResourceAddresses;
  readonly vulnerabilities: ResourceAddresses;
  readonly repositorySignatures: ResourceAddresses;
  readonly search: ResourceAddresses;
  readonly autocomplete: ResourceAddresses;
}

/** The order in which the official client looks for types (NuGet.Client `ServiceTypes.cs`): the first that exists is used. */
const registrationTypes = [
  'RegistrationsBaseUrl/Versioned',
  'RegistrationsBaseUrl/3.6.0',
  'RegistrationsBaseUrl/3.4.0',
  'RegistrationsBaseUrl/3.0.0-rc',
  'RegistrationsBaseUrl/3.0.0-beta',
  'RegistrationsBaseUrl',
];
const flatContainerTypes = ['PackageBaseAddress/Versioned', 'PackageBaseAddress/3.0.0'];
const catalogTypes = ['Catalog/3.0.0'];
const vulnerabilityTypes = ['VulnerabilityInfo/6.7.0'];
const signatureTypes = ['RepositorySignatures/5.0.0', 'RepositorySignatures/4.9.0', 'RepositorySignatures/4.7.0'];
const queryTypes = (name: string) =>
  ['/Versioned', '/3.5.0', '/3.4.0', '/3.0.0-rc', '/3.0.0-beta', ''].map((suffix) => name + suffix);

/**
 * @param url where the document was found: relative addresses in it start there
 * @throws UnreadableDocumentError when it is no service index of version 3
 */
export function readServiceIndex(document: JsonObject, url: URL): ServiceIndex {
  const { version, resources } = document;
  if (typeof version !== 'string' || !/^3\.\d+\.\d+(?:[-+].+)?$/.test(version) || !Array.isArray(resources))
    throw new UnreadableDocumentError('is not a V3 service index');
  const entries = resources.filter(isJsonObject).flatMap((resource) => readEntry(resource, url));
  return {
    registration: new ResourceAddresses(choose(entries, registrationTypes)),
    flatContainer: new ResourceAddresses(choose(entries, flatContainerTypes)),
    catalog: new ResourceAddresses(choose(entries, catalogTypes)),
    vulnerabilities: new ResourceAddresses(choose(entries, vulnerabilityTypes)),
    repositorySignatures: new ResourceAddresses(choose(entries, signatureTypes)),
    search: new ResourceAddresses(choose(entries, queryTypes('SearchQueryService'))),
    autocomplete: new ResourceAddresses(choose(entries, queryTypes('SearchAutocompleteService'))),
  };
}

interface Entry {
  readonly types: readonly unknown[];
  readonly address: URL;
  readonly clientVersion: PackageVersion;
}

/** Private types have ids that are no web addresses: those are not ours to read. */
function readEntry(resource: JsonObject, url: URL): Entry[] {
  const address = resolveAddress(resource['@id'], url);
  if (address === undefined) return [];
  if (address.protocol !== 'https:' && address.protocol !== 'http:') return [];
  return [{ types: [resource['@type']].flat(), address, clientVersion: readClientVersion(resource['clientVersion']) }];
}

const anyClient = PackageVersion.parse('0.0.0');

function readClientVersion(given: unknown): PackageVersion {
  return [given].flat().flatMap((version) => PackageVersion.tryParse(version) ?? [])[0] ?? anyClient;
}

function choose(entries: readonly Entry[], typesInOrder: readonly string[]): URL[] {
  for (const type of typesInOrder) {
    const offered = entries.filter(({ types }) => types.includes(type));
    // Entries for the newest client only: older ones of a `/Versioned` type are for older clients.
    const newest = offered
      .map((entry) => entry.clientVersion)
      .sort((a, b) => PackageVersion.compare(a, b))
      .at(-1);
    if (newest === undefined) continue;
    const addresses = offered.filter((entry) => entry.clientVersion.equals(newest)).map((entry) => entry.address);
    return [...new Map(addresses.map((address) => [address.href, address])).values()];
  }
  return [];
}
