import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A server made to look far away. */
export interface DelayProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Bytes passed towards those who connect. */
  readonly bytesBack: number;
  close(): Promise<void>;
}

export interface DelayOptions {
  /** Of the server on loopback that is to be far away. */
  readonly port: number;
  readonly roundTripMs: number;
  /** Bytes on their way in one direction of one connection; more are not read until some arrive. */
  readonly windowBytes?: number;
}

/**
 * Stands before a server and adds a round trip: half of it to everything that passes, in either direction, and a whole one to the handshake,
 * so that the first answer on a new connection takes two. Order, back-pressure, half-closed connections and resets pass as they are. Bandwidth
 * is not limited, and a connection does not start slowly as TCP's do.
 */
export async function startDelayProxy({
  port,
  roundTripMs,
  windowBytes = 4 * 1024 * 1024,
}: DelayOptions): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let bytesBack = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    connections++;
    // The kernel has said yes already; to one so far away it would say so a round trip later.
    const openAtMs = performance.now() + roundTripMs;
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket.once('close', () => sockets.delete(socket)));
    pass(client, upstream, { halfMs: roundTripMs / 2, openAtMs, windowBytes });
    pass(upstream, client, { halfMs: roundTripMs / 2, openAtMs: 0, windowBytes });
    upstream.on('data', ({ length }: Buffer) => (bytesBack += length));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get bytesBack() {
      return bytesBack;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Arrival {
  readonly atMs: number;
  readonly bytes: number;
  readonly arrive: () => void;
}

/** Passes on what comes from one side, late. */
function pass(
  from: Socket,
  to: Socket,
  { halfMs, openAtMs, windowBytes }: { halfMs: number; openAtMs: number; windowBytes: number },
): void {
  const underWay: Arrival[] = [];
  let bytesUnderWay = 0;
  let isFull = false;
  let timer: NodeJS.Timeout | undefined;
  const send = (bytes: number, arrive: () => void) => {
    underWay.push({ atMs: Math.max(performance.now(), openAtMs) + halfMs, bytes, arrive });
    if ((bytesUnderWay += bytes) >= windowBytes) from.pause();
    schedule();
  };
  const schedule = () => {
    const [first] = underWay;
    if (first === undefined || timer !== undefined || isFull) return;
    timer = setTimeout(deliver, Math.max(0, first.atMs - performance.now()));
  };
  const deliver = () => {
    timer = undefined;
    while (underWay[0] !== undefined && underWay[0].atMs <= performance.now() && !isFull) {
      const { bytes, arrive } = underWay.shift()!;
      arrive();
      bytesUnderWay -= bytes;
      isFull = to.writableNeedDrain;
    }
    if (bytesUnderWay < windowBytes) from.resume();
    schedule();
  };
  to.on('drain', () => {
    isFull = false;
    schedule();
  });
  from.on('data', (chunk: Buffer) => send(chunk.length, () => to.writable && to.write(chunk)));
  from.on('end', () => send(0, () => to.end()));
  from.on('error', () => send(0, () => to.resetAndDestroy()));
  from.on('close', () => send(0, () => to.destroySoon()));
}
