/** How a source wants to know us. */
export type SourceAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'apiKey'; readonly header: string; readonly key: string };

/**
 * What proves us to a source, given out only for the origin (scheme, host and port) it was configured for. A source's index and its
 * redirects may name any host: none of those may be told.
 */
export class Credentials {
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url the configured address; user info in it counts as basic auth where `auth` says nothing */
  constructor(url: URL, auth: SourceAuth = { kind: 'none' }) {
    this.#origin = url.origin;
    this.#headers = toHeaders(auth.kind === 'none' ? fromUserInfo(url) : auth);
  }

  headersFor(url: URL): Readonly<Record<string, string>> {
    return url.origin === this.#origin ? this.#headers : {};
  }
}

function toHeaders(auth: SourceAuth): Record<string, string> {
  switch (auth.kind) {
    case 'none':
      return {};
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` };
    case 'apiKey':
      return { [auth.header.toLowerCase()]: auth.key };
  }
}

function fromUserInfo(url: URL): SourceAuth {
  if (url.username === '' && url.password === '') return { kind: 'none' };
  return { kind: 'basic', username: unescape(url.username), password: unescape(url.password) };
}

/** A stray % stands for itself. */
function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
