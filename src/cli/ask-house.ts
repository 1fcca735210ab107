import { Agent } from 'undici';

import { openHouse } from '../compose.js';
import type { Config } from '../config/schema.js';
import type { Insight } from '../feed/insight.js';
import { StoreInUseError } from '../feed/store.js';
import { silentLog } from '../ops/log.js';
import { version } from '../ops/version.js';

/** A question in both its forms. */
export interface Asking<T> {
  /** Below a running server's address, without leading slash. */
  readonly path: string;
  /** The same of a store that no server has open; `undefined` when there is no such thing. */
  own(insight: Insight): Promise<T | undefined>;
  /** In place of the answer that is not there. */
  readonly absence: string;
}

/** A question that came to nothing. The message says why, and what to do. */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
}

/**
 * Asks the server that has the store open, or else the store.
 * @param key access key for that server
 * @throws UnansweredError, or what the store says when it cannot be opened
 */
export async function askHouse<T>(config: Config, asking: Asking<T>, key: string | undefined): Promise<T> {
  let house;
  try {
    house = await openHouse(config, version, { log: silentLog });
  } catch (error) {
    if (!(error instanceof StoreInUseError) || error.ownerUrl === undefined) throw error;
    return askServer<T>(new URL(error.ownerUrl), config, asking.path, key);
  }
  try {
    const answer = await asking.own(house.insight);
    if (answer === undefined) throw new UnansweredError(asking.absence);
    return answer;
  } finally {
    await house.close();
  }
}

/** Sources may have to be asked for the answer, each with its own patience. */
const answerTimeoutMs = 120_000;

async function askServer<T>(owner: URL, config: Config, path: string, key: string | undefined): Promise<T> {
  const server = reachable(owner);
  const dispatcher = new Agent({
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    ...(config.listen.tls && { connect: pinnedTo(config.listen.tls.cert) }),
  });
  try {
    const { statusCode, body } = await dispatcher.request({
      origin: server.origin,
      path: `/${path}`,
      method: 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': `larder/${version}`,
        ...(key !== undefined && { authorization: `Basic ${Buffer.from(`larder:${key}`).toString('base64')}` }),
      },
    });
    const answer = await body.text();
    if (statusCode === 200) return JSON.parse(answer) as T;
    throw new UnansweredError(refusal(server, statusCode, answer, key !== undefined));
  } catch (error) {
    if (error instanceof UnansweredError) throw error;
    const why = error instanceof Error ? error.message || ((error as NodeJS.ErrnoException).code ?? error.name) : '';
    throw new UnansweredError(`the server at ${server.origin}, which owns the store, does not answer: ${why}`, {
      cause: error,
    });
  } finally {
    await dispatcher.destroy();
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

function refusal({ origin }: URL, status: number, body: string, hadKey: boolean): string {
  if (status === 401)
    return hadKey
      ? `the server at ${origin} does not accept the access key given`
      : `the server at ${origin} wants an access key: set LARDER_KEY, or give it with --key`;
  if (status === 403) return `the access key given is not allowed to ask the server at ${origin} this`;
  return detailOf(body) ?? `the server at ${origin} answered ${status}`;
}

function detailOf(body: string): string | undefined {
  try {
    const { detail } = JSON.parse(body) as { readonly detail?: unknown };
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
