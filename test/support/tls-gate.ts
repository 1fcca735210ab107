import type { ExecutionContext } from 'ava';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { certificateText } from './tls-server.js';

export type GateCertificate = 'server' | 'elsewhere' | 'expired' | 'selfsigned';

export interface TlsGate {
  /** `https://localhost:port`. */
  readonly origin: string;
  /** Leads what is said to it to this port of this machine from now on. */
  leadTo(port: number): void;
  /** Shows this certificate from now on, on new connections; those that are open are closed. */
  show(certificate: GateCertificate): void;
  /** Whether connections are closed before anything is agreed on. */
  cut(isCut: boolean): void;
}

/** TLS before a plain server, whose certificate can be changed while it runs; ended with the test. */
export async function startTlsGate(t: ExecutionContext): Promise<TlsGate> {
  let port = 0;
  let isCut = false;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const closeAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer(contextOf('server'), (client) => {
    const inner = connect(port, '127.0.0.1');
    keep(inner);
    client.on('error', () => inner.destroy());
    inner.on('error', () => client.destroy());
    client.on('close', () => inner.destroy());
    inner.on('close', () => client.destroy());
    client.pipe(inner).pipe(client);
  });
  server.on('connection', (socket: Socket) => {
    keep(socket);
    if (isCut) socket.destroy();
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    closeAll();
    server.close();
  });
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    leadTo: (to) => (port = to),
    show(certificate) {
      server.setSecureContext(contextOf(certificate));
      closeAll();
    },
    cut(now) {
      isCut = now;
      closeAll();
    },
  };
}

const contextOf = (name: GateCertificate) => ({
  cert: certificateText(`${name}.pem`),
  key: certificateText(`${name}.key`),
});
