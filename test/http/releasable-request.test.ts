import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { ReleasableRequest } from '../../src/http/releasable-request.js';
import { eventually } from '../support/eventually.js';
import { rawClient } from '../support/raw-client.js';

/** A server that answers with the address, and lets go of what does not ask for `/kept`. */
async function serve(t: ExecutionContext) {
  const requests: ReleasableRequest[] = [];
  const events: string[] = [];
  const server = createServer({ IncomingMessage: ReleasableRequest }, (req, res) => {
    const { url = '' } = req;
    requests.push(req);
    for (const event of ['end', 'close', 'error'] as const) req.on(event, () => events.push(`${url} ${event}`));
    res.on('close', () => events.push(`${url} answered`));
    res.writeHead(200, ['Content-Length', String(url.length)]);
    res.end(url);
    if (url !== '/kept') req.release();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests, events };
}

const bodyOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
const head = (path: string, line: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;

test('one that was let go does not go through the life of a stream, and its connection goes on', async (t) => {
  const { port, events, requests } = await serve(t);
  const client = await rawClient(t, port);
  for (const path of ['/a', '/b', '/kept', '/c'])
    t.is(bodyOf(await client.ask(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)), path);
  await eventually(
    async () => events,
    (seen) => seen.includes('/c answered') && seen.includes('/kept close'),
  );
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  t.deepEqual(events, ['/a answered', '/b answered', ...events.slice(2, 5), '/c answered']);
  t.deepEqual([...events.slice(2, 5)].sort(), ['/kept answered', '/kept close', '/kept end']);
  t.deepEqual(
    requests.map(({ complete, readableEnded }) => [complete, readableEnded]),
    [
      [true, true],
      [true, true],
      [true, true],
      [true, true],
    ],
  );
});

const long = 'x'.repeat(300_000);
for (const [kind, request] of [
  ['a length', `${head('/a', `Content-Length: ${long.length}`)}${long}`],
  ['chunks', `${head('/a', 'Transfer-Encoding: chunked')}${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`],
] as const)
  test(`the body of one that was let go is read all the same, and the next request behind it answered: ${kind}`, async (t) => {
    const { port, events } = await serve(t);
    const client = await rawClient(t, port);
    t.is(bodyOf(await client.ask(request)), '/a');
    t.is(bodyOf(await client.ask('GET /b HTTP/1.1\r\nHost: a\r\n\r\n')), '/b');
    t.true(events.includes('/a end'));
  });

test('requests that lie behind each other are answered in their order', async (t) => {
  const { port } = await serve(t);
  const client = await rawClient(t, port);
  const paths = Array.from({ length: 200 }, (_, at) => (at % 3 === 0 ? '/kept' : `/${at}`));
  client.socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  for (const path of paths) t.is(bodyOf(await client.read()), path);
});
