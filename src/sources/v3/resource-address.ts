import { parseAddress } from '../../nuget/parse-address.js';

/** What a document gives as an address, from where the document was found; `undefined` when it is none. */
export function resolveAddress(given: unknown, document: URL): URL | undefined {
  return typeof given === 'string' && given !== '' ? parseAddress(given, document) : undefined;
}

/** The address `path` below a resource's base, whether the base ends in a slash or carries a query or not. */
export function addressBelow(base: URL, path: string): URL {
  const url = new URL(base);
  url.hash = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/** Whether `url` lies below the base, whatever its query. */
export function liesBelow(base: URL, url: string): boolean {
  const address = parseAddress(url);
  if (address === undefined) return false;
  const { origin, pathname } = address;
  return origin === base.origin && pathname.startsWith(`${base.pathname.replace(/\/+$/, '')}/`);
}
