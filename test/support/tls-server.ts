import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { repositoryRoot } from './repository-root.js';

/** Where a fixture lies: `authority.pem`, `server.key`, … Written by `certificates/make.sh`. */
export const certificateFile = (name: string) => join(repositoryRoot, 'test/support/certificates', name);

/** A fixture's PEM text. */
export const certificateText = (name: string) => readFileSync(certificateFile(name), 'utf8');

/**
 * An https server with one of our certificates, ended with the test.
 * @param name of the certificate: `server` is for localhost, `elsewhere` for another name, `expired` was valid once
 * @returns its origin
 */
export async function serveTls(
  t: ExecutionContext,
  name: 'server' | 'elsewhere' | 'expired',
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServerOptions = {},
): Promise<string> {
  const server = createServer(
    { cert: certificateText(`${name}.pem`), key: certificateText(`${name}.key`), ...options },
    answer,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}
