import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { FramedBody, headRoomBytes } from '../../src/http/framed-body.js';

/** Both ends of a connection. */
async function connection(t: ExecutionContext): Promise<readonly [ours: Socket, theirs: Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [ours] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    for (const socket of [ours, theirs]) socket.destroy();
    server.close();
  });
  return [ours, theirs];
}

async function read(socket: Socket, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let soFar = 0;
  for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pieces.push(piece);
    if ((soFar += piece.length) >= length) break;
  }
  return Buffer.concat(pieces);
}

function alphabet(length: number): FramedBody {
  const framed = new FramedBody(length);
  framed.body.fill('abcdefghijklmnopqrstuvwxyz');
  return framed;
}

test('head and body arrive one behind the other, under each head', async (t) => {
  const framed = alphabet(1_000);
  const [ours, theirs] = await connection(t);
  for (const head of ['first\r\n\r\n', 'a longer one\r\n\r\n', 'é\r\n\r\n', 'x'.repeat(headRoomBytes)]) {
    t.true(framed.write(ours, head));
    const arrived = await read(theirs, head.length + 1_000);
    t.deepEqual(arrived, Buffer.concat([Buffer.from(head, 'latin1'), framed.body]));
  }
});

test('a head that finds no room is not written, nor anything to a connection that takes nothing', async (t) => {
  const framed = alphabet(10);
  const [ours, theirs] = await connection(t);
  t.false(framed.write(ours, 'x'.repeat(headRoomBytes + 1)));
  t.is(ours.bytesWritten, 0);
  ours.end();
  t.false(framed.write(ours, 'head'));
  theirs.resume();
  await once(theirs, 'end');
  t.is(ours.bytesWritten, 0);
  ours.destroy();
  t.false(framed.write(ours, 'head'));
});

test('a head that still waits for a slow client is not changed by that of another', async (t) => {
  const framed = alphabet(50_000);
  const [[slow, slowTheirs], [fast, fastTheirs]] = await Promise.all([connection(t), connection(t)]);
  const filler = Buffer.alloc(64 * 1024, '.');
  let fillerBytes = 0;
  // Until the kernel takes no more: what comes then waits in memory, head and all.
  for (; slow.writableLength === 0; fillerBytes += filler.length) slow.write(filler);
  t.true(framed.write(slow, 'old'));
  t.false(framed.write(fast, 'new'), 'another head');
  t.true(framed.write(fast, 'old'), 'the same head does no harm');
  t.is((await read(fastTheirs, 50_003)).toString('latin1', 0, 6), 'oldabc');
  const arrived = await read(slowTheirs, fillerBytes + 50_003);
  t.is(arrived.toString('latin1', fillerBytes, fillerBytes + 6), 'oldabc');
  t.true(arrived.subarray(fillerBytes + 3).equals(framed.body));
  t.true(framed.write(fast, 'new'), 'nothing is on its way any more');
  t.is((await read(fastTheirs, 50_003)).toString('latin1', 0, 6), 'newabc');
});

test('a connection that goes before its answer was out does not keep the head', async (t) => {
  const framed = alphabet(50_000);
  const [[slow], [fast, fastTheirs]] = await Promise.all([connection(t), connection(t)]);
  while (slow.writableLength === 0) slow.write(Buffer.alloc(64 * 1024));
  t.true(framed.write(slow, 'old'));
  t.false(framed.write(fast, 'new'));
  slow.destroy();
  await once(slow, 'close');
  t.true(framed.write(fast, 'new'));
  t.is((await read(fastTheirs, 50_003)).toString('latin1', 0, 6), 'newabc');
});
