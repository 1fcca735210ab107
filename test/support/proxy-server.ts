import type { ExecutionContext } from 'ava';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { certificateText } from './tls-server.js';

/** What a proxy was asked, in order. */
export interface ProxiedRequest {
  /** `CONNECT` is a wish for a tunnel. */
  readonly method: string;
  /** `host:port` of a tunnel, or the whole address. */
  readonly target: string;
  readonly authorization: string | undefined;
}

export interface ProxyServer {
  /** `http://127.0.0.1:port`, without user info. */
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
}

export interface ProxyScript {
  /** The value of `Proxy-Authorization` that it wants, else 407. */
  readonly wants?: string;
  /** What it answers to everything instead. */
  readonly status?: number;
  /** Accepts and says nothing. */
  readonly isSilent?: boolean;
  /** Accepts and closes. */
  readonly isCut?: boolean;
  /** Speaks TLS itself, with the certificate of `localhost`. */
  readonly isTls?: boolean;
  /** Leads everything there, whatever was asked: for names that do not exist. */
  readonly leadsTo?: string;
}

/** A real forward proxy on loopback, for plain requests and tunnels; ends with the test. */
export async function startProxy(t: ExecutionContext, script: ProxyScript = {}): Promise<ProxyServer> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Duplex>();
  const objection = (request: IncomingMessage): number | undefined => {
    const authorization = request.headers['proxy-authorization'];
    requests.push({ method: request.method ?? '', target: request.url ?? '', authorization });
    if (script.wants !== undefined && authorization !== script.wants) return 407;
    return script.status;
  };
  const forward = (request: IncomingMessage, response: ServerResponse) => {
    const status = objection(request);
    if (script.isSilent) return;
    if (script.isCut) return void response.destroy();
    if (status !== undefined) {
      response.writeHead(status, { 'proxy-authenticate': 'Basic realm="proxy"' }).end('the proxy says no');
      return;
    }
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const target = new URL(request.url ?? '');
    const upstream = httpRequest(script.leadsTo ? new URL(target.pathname + target.search, script.leadsTo) : target, {
      method: request.method,
      headers,
    });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    upstream.end();
  };
  const tunnel = (request: IncomingMessage, client: Duplex) => {
    sockets.add(client);
    client.on('error', () => undefined);
    const status = objection(request);
    if (script.isSilent) return;
    if (script.isCut) return void client.destroy();
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = (script.leadsTo ? new URL(script.leadsTo).host : (request.url ?? '')).split(':');
    const upstream: Socket = connect(Number(port), host === 'localhost' ? '127.0.0.1' : host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  };
  const server = script.isTls
    ? createTlsServer({ cert: certificateText('server.pem'), key: certificateText('server.key') }, forward)
    : createServer(forward);
  server.on('connect', tunnel);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: script.isTls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`, requests };
}
