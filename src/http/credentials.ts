import type { IncomingHttpHeaders } from 'node:http';

/**
 * The keys that a request presents: the password of `Authorization: Basic` (clients want a user name; any will do), the token of
 * `Authorization: Bearer`, `X-NuGet-ApiKey`. Never from the address, which proxies and logs keep.
 *
 * @returns `undefined` when nothing was presented; an empty list when something was that holds no key
 */
export function presentedKeys(headers: IncomingHttpHeaders): readonly Buffer[] | undefined {
  const { authorization = '', 'x-nuget-apikey': apiKey = '' } = headers;
  if (authorization === '' && apiKey === '') return undefined;
  const authorized = passwordOf(authorization) ?? tokenOf(authorization);
  // A NuGet client without credentials answers a challenge with an empty user name and an empty password.
  const isAuthorizing = authorization !== '' && authorized?.length !== 0;
  if (!isAuthorizing && apiKey === '') return undefined;
  return [
    ...(isAuthorizing && authorized ? [authorized] : []),
    ...(typeof apiKey === 'string' && apiKey !== '' ? [bytesOf(apiKey)] : []),
  ];
}

/** RFC 7617: the base64 of user name, colon, password; the password may hold colons. */
function passwordOf(authorization: string): Buffer | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64');
  const colon = decoded.indexOf(0x3a);
  return colon < 0 ? undefined : decoded.subarray(colon + 1);
}

function tokenOf(authorization: string): Buffer | undefined {
  const [, token] = /^bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
  return token === undefined ? undefined : bytesOf(token);
}

/** Node reads headers as Latin-1: so they become the bytes again that were sent. */
function bytesOf(header: string): Buffer {
  return Buffer.from(header, 'latin1');
}
