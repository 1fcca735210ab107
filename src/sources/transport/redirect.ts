import { parseAddress } from '../../nuget/parse-address.js';

const maxRedirects = 5;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export const isRedirect = (status: number) => redirectStatuses.has(status);

/** Why an address must not be asked. The message completes "the source …". */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

/** The addresses of one request: where it began and where redirects led it. */
export class Route {
  readonly #visited = new Set<string>();
  #current: URL;

  /** @throws ForbiddenAddressError */
  constructor(
    start: URL,
    private readonly isSecure: boolean,
  ) {
    this.#current = this.#enter(start);
  }

  get current(): URL {
    return this.#current;
  }

  /** @throws ForbiddenAddressError when `location` is no address, leads in a circle, too far, or from https to http */
  follow(location: string | undefined): void {
    const next = location === undefined ? undefined : parseAddress(location, this.#current);
    if (next === undefined) throw new ForbiddenAddressError('redirects without saying where');
    if (this.#visited.size > maxRedirects) throw new ForbiddenAddressError(`redirects more than ${maxRedirects} times`);
    if (this.#current.protocol === 'https:' && next.protocol === 'http:')
      throw new ForbiddenAddressError('redirects from https to http');
    this.#current = this.#enter(next);
  }

  #enter(given: URL): URL {
    const url = new URL(given);
    url.hash = '';
    url.username = '';
    url.password = '';
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new ForbiddenAddressError('names an address that is neither http nor https');
    if (this.isSecure && url.protocol === 'http:')
      throw new ForbiddenAddressError('is configured with https and names an http address');
    if (this.#visited.has(url.href)) throw new ForbiddenAddressError('redirects in a circle');
    this.#visited.add(url.href);
    return url;
  }
}
