import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { startDelayProxy } from './delay-proxy.js';

const roundTripMs = 80;

/** A far server on which every connection is met like this. */
async function far(t: ExecutionContext, met: (socket: Socket) => void): Promise<Socket> {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (one) => {
    accepted.push(one);
    met(one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startDelayProxy({
    port: (server.address() as AddressInfo).port,
    roundTripMs,
    windowBytes: 100_000,
  });
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(async () => {
    for (const one of [socket, ...accepted]) one.destroy();
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return socket;
}

async function answerMs(socket: Socket): Promise<number> {
  const beganAtMs = performance.now();
  socket.write('question');
  await once(socket, 'data');
  return performance.now() - beganAtMs;
}

test('the first answer on a new connection takes two round trips, each further one', async (t) => {
  const socket = await far(t, (met) => met.on('data', () => met.write('answer')));
  // No upper bound: that would tell of the machine.
  t.true((await answerMs(socket)) >= 2 * roundTripMs - 2);
  const later = [await answerMs(socket), await answerMs(socket), await answerMs(socket)];
  t.true(Math.min(...later) >= roundTripMs - 2);
  t.true(Math.min(...later) < 2 * roundTripMs - 2);
});

test('what passes stays in order and whole, also when it is more than fits, and arrives after the other side closed its half', async (t) => {
  const sent = Buffer.alloc(
    1_000_000,
    Uint8Array.from({ length: 251 }, (_, at) => at),
  );
  const socket = await far(t, (met) => {
    const pieces: Buffer[] = [];
    met.on('data', (piece: Buffer) => pieces.push(piece));
    met.on('end', () => met.end(Buffer.concat(pieces)));
  });
  socket.end(sent);
  const back: Buffer[] = [];
  for await (const piece of socket) back.push(piece as Buffer);
  t.true(Buffer.concat(back).equals(sent));
});

test('a reset passes as a reset', async (t) => {
  const socket = await far(t, (met) => met.on('data', () => met.resetAndDestroy()));
  socket.write('question');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNRESET');
});
