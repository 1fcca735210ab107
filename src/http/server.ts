import { createServer as createHttpServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { ReleasableRequest } from './releasable-request.js';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly maxHeaderBytes: number;
  /** Connections at one time; what is more is closed at once. */
  readonly maxConnections: number;
  /** Told when a connection could not be accepted: this process or machine has too many files open. */
  readonly onRefused?: (error: Error) => void;
  /** A connection on which nothing moves for so long is closed, in milliseconds: also one whose client does not read its answer. */
  readonly clientIdleMs: number;
}

export interface Listening {
  /** `http://127.0.0.1:6848/`: where it listens, with the real port. */
  readonly url: string;
  /** Takes no new connections, lets the requests under way finish for `graceMs`, then breaks off what is left. */
  drain(graceMs: number): Promise<void>;
}

/** Longer than the clients' and proxies' usual idle times, so that it is not we who close a connection just as it is used again. */
const keepAliveTimeoutMs = 75_000;
const headersTimeoutMs = 20_000;
/** A request has no body that is looked at: all of it is here soon or never. */
const requestTimeoutMs = 30_000;

/** @throws the listen error (`EADDRINUSE`, `EACCES`) */
export async function listen(
  handle: (req: ReleasableRequest, res: ServerResponse) => void,
  options: ListenOptions,
): Promise<Listening> {
  const { host, port, tls, maxHeaderBytes, maxConnections, clientIdleMs } = options;
  const settings = {
    IncomingMessage: ReleasableRequest,
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: keepAliveTimeoutMs,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
  };
  const server: Server = tls ? createHttpsServer({ ...settings, ...tls }, handle) : createHttpServer(settings, handle);
  server.on('clientError', refuse);
  server.maxConnections = maxConnections;
  server.timeout = clientIdleMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Without anyone to listen to it, one connection too many would end the process.
      server.on('error', (error) => options.onRefused?.(error));
      resolve();
    });
  });
  const { address, family, port: boundPort } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return { url: `${tls ? 'https' : 'http'}://${name}:${boundPort}/`, drain: (graceMs) => drain(server, graceMs) };
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A kept-alive connection becomes idle only when its answer is out.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const end = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(end);
}

const problems: Readonly<Record<string, readonly [status: string, code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'headers-too-large',
    'the request head passes limits.maxHeaderBytes',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request-timeout', 'the request did not arrive in time'],
};

/** What is no HTTP gets its answer here: no request object exists for it. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !(socket as Socket).writable) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = problems[error.code ?? ''] ?? [
    '400 Bad Request',
    'bad-request',
    'the request is not HTTP that can be read',
  ];
  const body = JSON.stringify({
    type: `urn:larder:problem:${code}`,
    title: status.slice(4),
    status: Number(status.slice(0, 3)),
    detail,
    code,
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
