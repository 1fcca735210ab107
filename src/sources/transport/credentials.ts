import { CredentialScope } from './credential-scope.js';
import { lookAt, textOf } from './secret.js';
import type { Secret } from './secret.js';

/** How a source wants to know us. */
export type SourceAuth =
  | { readonly kind: 'none' }
  | (FurtherHosts & { readonly kind: 'basic'; readonly username: string; readonly password: Secret })
  | (FurtherHosts & { readonly kind: 'bearer'; readonly token: Secret })
  | (FurtherHosts & { readonly kind: 'apiKey'; readonly header: string; readonly key: Secret })
  | (FurtherHosts & ClientCertificate & { readonly kind: 'certificate' });

interface FurtherHosts {
  /** Hosts beside that of the source's address that are shown the credentials, with `:port` unless it is 443. */
  readonly hosts?: readonly string[] | undefined;
}

/** In PEM. */
export interface ClientCertificate {
  readonly cert: Secret;
  readonly key: Secret;
  readonly passphrase?: Secret;
}

/**
 * What proves us to a source, given out only where it was configured for (`credential-scope.ts`). A source's index and its redirects may
 * name any address: none of those may be told.
 */
export class Credentials {
  readonly scope: CredentialScope;
  readonly #auth: SourceAuth;
  readonly #secrets: readonly Secret[];

  /** @param url the configured address; user info in it counts as basic auth where `auth` says nothing */
  constructor(url: URL, auth: SourceAuth = { kind: 'none' }) {
    this.#auth = auth.kind === 'none' ? fromUserInfo(url) : auth;
    this.#secrets = secretsOf(this.#auth);
    this.scope = new CredentialScope(url, 'hosts' in this.#auth ? this.#auth.hosts : []);
  }

  get areConfigured(): boolean {
    return this.#auth.kind !== 'none';
  }

  /** Shown while connecting, not in a header. */
  get certificate(): ClientCertificate | undefined {
    return this.#auth.kind === 'certificate' ? this.#auth : undefined;
  }

  /** @param from the address whose redirect led to `url`; absent where none did */
  headersFor(url: URL, from?: URL): Readonly<Record<string, string>> {
    return this.scope.covers(url, from) ? toHeaders(this.#auth) : {};
  }

  /** Finds out whether they were replaced. @param isUrgent at once, and not only every few seconds */
  async look(isUrgent = false): Promise<void> {
    await lookAt(this.#secrets, isUrgent);
  }
}

function secretsOf(auth: SourceAuth): readonly Secret[] {
  switch (auth.kind) {
    case 'none':
    case 'certificate':
      // Connections look at these (`connections.ts`).
      return [];
    case 'basic':
      return [auth.password];
    case 'bearer':
      return [auth.token];
    case 'apiKey':
      return [auth.key];
  }
}

function toHeaders(auth: SourceAuth): Record<string, string> {
  switch (auth.kind) {
    case 'none':
    case 'certificate':
      return {};
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.username}:${textOf(auth.password)}`).toString('base64')}` };
    case 'bearer':
      return { authorization: `Bearer ${textOf(auth.token)}` };
    case 'apiKey':
      return { [auth.header.toLowerCase()]: textOf(auth.key) };
  }
}

function fromUserInfo(url: URL): SourceAuth {
  if (url.username === '' && url.password === '') return { kind: 'none' };
  return { kind: 'basic', username: unescaped(url.username), password: unescaped(url.password) };
}

/** What stands percent-encoded in an address; a stray % stands for itself. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
