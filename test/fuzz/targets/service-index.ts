import { parseJsonDocument, UnreadableDocumentError } from '../../../src/codec/json-document.js';
import type { ResourceAddresses } from '../../../src/sources/v3/resource-addresses.js';
import { readServiceIndex } from '../../../src/sources/v3/service-index.js';
import { addressBelow, liesBelow } from '../../../src/sources/v3/resource-address.js';
import { mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';

const url = new URL('https://source.example/v3/index.json?token=x');
const types = [
  'RegistrationsBaseUrl/Versioned',
  'RegistrationsBaseUrl/3.6.0',
  'RegistrationsBaseUrl',
  'PackageBaseAddress/3.0.0',
  'SearchQueryService',
  'SearchQueryService/3.5.0',
  'SearchAutocompleteService',
  'Catalog/3.0.0',
  'VulnerabilityInfo/6.7.0',
  'RepositorySignatures/5.0.0',
];
const index = (resources: unknown) => Buffer.from(JSON.stringify({ version: '3.0.0', resources }));

export const target: Target = {
  name: 'service-index',
  shape: 'json',
  seeds: [
    index(types.map((type) => ({ '@id': `https://source.example/${type}/`, '@type': type, comment: 'x' }))),
    index([
      { '@id': '../relative/', '@type': types, clientVersion: '4.3.0-alpha' },
      { '@id': 'urn:x:y', '@type': 'Private' },
    ]),
    index([{ '@id': 'http://[::1]:80/', '@type': ['RegistrationsBaseUrl/Versioned'], clientVersion: ['5.0.0', '6'] }]),
  ],
  dictionary: [
    ...types,
    '@id',
    '@type',
    'clientVersion',
    'resources',
    'version',
    '3.0.0',
    'file:///x',
    'javascript:1',
    '//other.example/',
    'https://user:pw@h/',
    'http://xn--/',
    'https://%00/',
  ],
  run(input) {
    try {
      const resources = readServiceIndex(parseJsonDocument(input), url);
      let addresses = 0;
      for (const resource of Object.values<ResourceAddresses>({ ...resources })) {
        for (const address of resource.all) {
          addresses++;
          mustHold(/^https?:$/.test(address.protocol), 'resources have web addresses');
          const below = addressBelow(address, 'id/index.json');
          mustHold(liesBelow(address, below.href), 'what is put below an address lies below it');
        }
      }
      return `${Math.min(addresses, 8)} addresses, ${resources.catalog.areOffered}`;
    } catch (error) {
      return refusing([UnreadableDocumentError], error);
    }
  },
};
