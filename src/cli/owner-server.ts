import { Agent } from 'undici';
import type { Dispatcher } from 'undici';

import type { Config } from '../config/schema.js';
import type { StoreInUseError } from '../feed/store.js';
import { version } from '../ops/version.js';

/** A question that came to nothing. The message says why, and what to do. */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
}

/** The next line of an answer may take as long as the work behind it: sources may have to be asked, each with its own patience. */
const answerTimeoutMs = 120_000;

/** The server that has the store open. */
export class OwnerServer {
  readonly #server: URL;
  readonly #dispatcher: Agent;
  readonly #authorization: string | undefined;

  /** @param key access key; without one, what the owner left in the store's folder for those who can read it is shown */
  constructor(
    { ownerUrl, ownerToken }: StoreInUseError & { readonly ownerUrl: string },
    config: Config,
    private readonly key: string | undefined,
  ) {
    this.#server = reachable(new URL(ownerUrl));
    this.#authorization =
      key !== undefined
        ? `Basic ${Buffer.from(`larder:${key}`).toString('base64')}`
        : ownerToken && `Bearer ${ownerToken}`;
    this.#dispatcher = new Agent({
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      ...(config.listen.tls && { connect: pinnedTo(config.listen.tls.cert) }),
    });
  }

  /**
   * The body of a good answer, by lines.
   * @param path without leading slash
   * @throws UnansweredError
   */
  async *lines(method: 'GET' | 'POST', path: string): AsyncGenerator<string> {
    let rest = '';
    for await (const piece of this.#body(method, path)) {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  }

  /** The body of a good answer. @throws UnansweredError */
  async text(method: 'GET' | 'POST', path: string): Promise<string> {
    let text = '';
    for await (const piece of this.#body(method, path)) text += piece;
    return text;
  }

  /** Ends the connections: whatever is still on its way breaks off. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async *#body(method: 'GET' | 'POST', path: string): AsyncGenerator<string> {
    const { origin } = this.#server;
    try {
      const { statusCode, body } = await this.#dispatcher.request({
        origin,
        path: `/${path}`,
        method,
        headers: {
          accept: 'application/json',
          'user-agent': `larder/${version}`,
          ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        },
      });
      if (statusCode !== 200) throw new UnansweredError(this.#refusal(statusCode, await body.text()));
      body.setEncoding('utf8');
      for await (const piece of body) yield piece as string;
    } catch (error) {
      if (error instanceof UnansweredError) throw error;
      const why = error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : '';
      throw new UnansweredError(`the server at ${origin}, which owns the store, does not answer: ${why}`, {
        cause: error,
      });
    }
  }

  #refusal(status: Dispatcher.ResponseData['statusCode'], body: string): string {
    const { origin } = this.#server;
    if (status === 401)
      return this.key === undefined
        ? `the server at ${origin} wants an access key: set LARDER_KEY, or give it with --key`
        : `the server at ${origin} does not accept the access key given`;
    if (status === 403 && this.key !== undefined)
      return `the access key given is not allowed to ask the server at ${origin} this`;
    return detailOf(body) ?? `the server at ${origin} answered ${status}`;
  }
}

/** A server that listens on every address is asked on this machine's own. */
function reachable(owner: URL): URL {
  const server = new URL(owner);
  if (server.hostname === '0.0.0.0') server.hostname = '127.0.0.1';
  if (server.hostname === '[::]') server.hostname = '[::1]';
  return server;
}

/** The server shows the certificate of the configuration, whatever name and issuer that has: no other is accepted. */
function pinnedTo(cert: string) {
  return { ca: cert, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
}

function detailOf(body: string): string | undefined {
  try {
    const { detail } = JSON.parse(body) as { readonly detail?: unknown };
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
