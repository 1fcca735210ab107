import { failed, found, missing, refused } from '../../feed/answer.js';
import type { Answer } from '../../feed/answer.js';
import type { Ask, CompletionPage, SearchPage } from '../../feed/source.js';
import type { SearchQuery, SearchWindow } from '../../nuget/search-query.js';
import type { DocumentReader, Transport } from '../transport/transport.js';
import { liesBelow } from './resource-address.js';
import type { ResourceAddresses } from './resource-addresses.js';
import { readCompletions, readSearchPage } from './search-document.js';
import type { ServiceIndex } from './service-index.js';

/** One page of results by a thousand versions each: larger ones are an accident or an attack. In decoded bytes. */
const maxPageBytes = 64_000_000;

/** Asks a source's search (`search-query-service-resource.md`). `missing` when its index offers none. */
export function askSearch(
  transport: Transport,
  { search, flatContainer }: ServiceIndex,
  query: SearchQuery,
  window: SearchWindow,
  source: string,
  ask: Ask,
): Promise<Answer<SearchPage>> {
  const isOwnAddress = (url: string) => flatContainer.all.some((base) => liesBelow(base, url));
  const read: DocumentReader<SearchPage> = (bytes) => readSearchPage(bytes, isOwnAddress);
  return askQuery(transport, search, parametersOf(query, window), read, source, ask);
}

/** Asks a source's completion of ids (`search-autocomplete-service-resource.md`). `missing` when its index offers none. */
export function askCompletions(
  transport: Transport,
  { autocomplete }: ServiceIndex,
  query: SearchQuery,
  window: SearchWindow,
  source: string,
  ask: Ask,
): Promise<Answer<CompletionPage>> {
  return askQuery(transport, autocomplete, parametersOf(query, window), readCompletions, source, ask);
}

async function askQuery<T>(
  transport: Transport,
  addresses: ResourceAddresses,
  parameters: string,
  read: DocumentReader<T>,
  source: string,
  { signal }: Ask,
): Promise<Answer<T>> {
  if (!addresses.areOffered) return missing;
  const answer = await addresses.inTurn(async (address) => {
    const asked = await transport.document(
      withQuery(address, parameters),
      signal ? { signal } : {},
      read,
      maxPageBytes,
    );
    // A service that is offered and not there is out of order, like its neighbour that answers 500: the next address may do.
    return asked.kind === 'missing'
      ? failed({ source, code: 'source-failed', detail: 'offers a search and answers that there is none' })
      : asked;
  });
  if (answer.kind === 'unchanged')
    return refused({ source, code: 'source-refused', detail: 'answered 304 without being asked' });
  return answer.kind === 'found' ? found(answer.value.value) : answer;
}

/** Always in this order. Spaces as %20: not every server reads `+`. */
function parametersOf({ text, prerelease, semVer2, packageType }: SearchQuery, { skip, take }: SearchWindow): string {
  const parameters: (readonly [name: string, value: string | number | boolean])[] = [
    ['q', text],
    ['skip', skip],
    ['take', take],
    ['prerelease', prerelease],
    ['semVerLevel', semVer2 ? '2.0.0' : '1.0.0'],
  ];
  if (packageType !== undefined) parameters.push(['packageType', packageType]);
  return parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** An address may bring a query of its own, as a tenant's token: it stays. */
function withQuery(address: URL, parameters: string): URL {
  const url = new URL(address);
  url.hash = '';
  url.search = url.search === '' ? parameters : `${url.search}&${parameters}`;
  return url;
}
