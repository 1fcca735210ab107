import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { FramedBody } from '../../src/http/framed-body.js';
import { keepPrivate } from '../../src/http/keep-private.js';
import { ReadyAnswer } from '../../src/http/ready-answer.js';
import { createTrace } from '../../src/http/trace.js';
import type { LastLine } from '../../src/http/trace.js';
import { rawClient } from '../support/raw-client.js';

/** Every byte there is: a body goes out as text, and comes as it was. */
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const etag = '"abc"';
const lastModified = 'Tue, 01 Jan 2030 00:00:00 GMT';

function answerWith(body: Buffer | FramedBody): ReadyAnswer {
  return new ReadyAnswer({
    ...{ body, etag, lastModified, checkedAtMs: 0 },
    headers: ['Cache-Control', 'public, max-age=60', 'Vary', 'Accept-Encoding', 'X-Cache', 'HIT'],
    bodyHeaders: ['Content-Type', 'application/json'],
    trace: { feed: 'default', id: 'Alpha', cache: 'HIT' },
  });
}

function framed(body: Buffer): FramedBody {
  const frame = new FramedBody(body.length);
  body.copy(frame.body);
  return frame;
}

const bodies = {
  'a small body': () => everyByte,
  'an empty body': () => Buffer.alloc(0),
  'the largest body that goes out as text': () => Buffer.alloc(15 * 1024, everyByte),
  'a larger body': () => Buffer.alloc(15 * 1024 + 1, everyByte),
  'a framed body': () => framed(Buffer.alloc(100_000, everyByte)),
  'a small framed body': () => framed(everyByte),
};

/** At `/once` an answer is sent as if for the first time, at `/again` as one that goes out often. `nowMs` is the header `X-Now`. */
async function serve(t: ExecutionContext, body: Buffer | FramedBody): Promise<{ port: number; lines: LastLine[] }> {
  const answer = answerWith(body);
  const lines: LastLine[] = [];
  const server = createServer((req, res) => {
    const { headers, url = '' } = req;
    if (headers['x-private'] !== undefined) keepPrivate(res);
    if (headers['x-draining'] !== undefined) res.setHeader('Connection', 'close');
    const trace = createTrace();
    const nowMs = Number(headers['x-now'] ?? 5_000);
    if (url.startsWith('/again')) answer.sendAgain(req, res, trace, nowMs);
    else answer.send(req, res, trace, nowMs);
    if (trace.lastLine) lines.push(trace.lastLine);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, lines };
}

const requests = {
  GET: 'GET @ HTTP/1.1\r\nHost: a\r\n\r\n',
  HEAD: 'HEAD @ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET of what the client has': `GET @ HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${etag}\r\n\r\n`,
  'GET of what the client has since': `GET @ HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: ${lastModified}\r\n\r\n`,
  'GET of what is kept private': 'GET @ HTTP/1.1\r\nHost: a\r\nX-Private: 1\r\n\r\n',
  'GET two minutes later': 'GET @ HTTP/1.1\r\nHost: a\r\nX-Now: 125000\r\n\r\n',
  'GET a second later': 'GET @ HTTP/1.1\r\nHost: a\r\nX-Now: 6000\r\n\r\n',
  'HTTP/1.0 on a connection that stays': 'GET @ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
};
const last = {
  'GET on a connection that closes': 'GET @ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET while the server drains': 'GET @ HTTP/1.1\r\nHost: a\r\nX-Draining: 1\r\n\r\n',
  'HTTP/1.0': 'GET @ HTTP/1.0\r\n\r\n',
};
const withoutDate = (answer: string) => answer.replace(/^(Date: ).*$/m, '$1…');
const isBodiless = (request: string) => /^HEAD|If-/m.test(request);

for (const [what, body] of Object.entries(bodies))
  test(`an answer that goes out often is byte for byte what it is the first time: ${what}`, async (t) => {
    const { port } = await serve(t, body());
    const client = await rawClient(t, port);
    // Thrice in turn: what was kept of one request must not reach another.
    for (let round = 0; round < 3; round++)
      for (const [kind, request] of Object.entries(requests)) {
        const [once, again] = ['/once', '/again'].map((path) => request.replace('@', path)) as [string, string];
        const expected = withoutDate(await client.ask(once, isBodiless(request)));
        t.regex(expected, /^Date: …\r$/m);
        t.is(withoutDate(await client.ask(again, isBodiless(request))), expected, `${kind}, round ${round}`);
        t.is(withoutDate(await client.ask(again, isBodiless(request))), expected, `${kind}, once more`);
      }
    for (const [kind, request] of Object.entries(last)) {
      const answers = await Promise.all(
        ['/once', '/again'].map(async (path) => (await rawClient(t, port)).ask(request.replace('@', path))),
      );
      const [expected = '', seen = ''] = answers.map(withoutDate);
      t.regex(expected, /^Connection: close\r$/m);
      t.is(seen, expected, kind);
    }
  });

test('the age is that of the moment, and the date goes on', async (t) => {
  const { port } = await serve(t, everyByte);
  const client = await rawClient(t, port);
  const ask = (nowMs: number) => client.ask(`GET /again HTTP/1.1\r\nHost: a\r\nX-Now: ${nowMs}\r\n\r\n`);
  const ageOf = (answer: string) => /^Age: (\d+)\r$/m.exec(answer)?.[1];
  for (const [nowMs, age] of [
    [999, '0'],
    [1_000, '1'],
    [1_999, '1'],
    [61_000, '61'],
    [1_000, '1'],
    [-5, '0'],
  ] as const)
    t.is(ageOf(await ask(nowMs)), age);
  const dateOf = (answer: string) => Date.parse(/^Date: (.*)\r$/m.exec(answer)?.[1] ?? '');
  const first = dateOf(await ask(0));
  let later = first;
  for (const endMs = Date.now() + 10_000; later === first && Date.now() < endMs;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    later = dateOf(await ask(0));
  }
  t.true(later > first);
  t.true(Math.abs(later - Date.now()) < 5_000);
});

for (const [what, body] of Object.entries(bodies))
  test(`requests that come before the answers to earlier ones are answered in their order: ${what}`, async (t) => {
    const { port } = await serve(t, body());
    const client = await rawClient(t, port);
    const expected = await client.ask('GET /once HTTP/1.1\r\nHost: a\r\n\r\n');
    const ages = Array.from({ length: 60 }, (_, at) => at);
    client.socket.write(ages.map((age) => `GET /again HTTP/1.1\r\nHost: a\r\nX-Now: ${age * 1_000}\r\n\r\n`).join(''));
    for (const age of ages)
      t.is(withoutDate(await client.read()), withoutDate(expected).replace(/^Age: 5/m, `Age: ${age}`));
  });

test('whoever is told the same is told by one line of the log, other forms by others', async (t) => {
  const { port, lines } = await serve(t, everyByte);
  const client = await rawClient(t, port);
  for (const kind of ['GET', 'GET', 'HEAD', 'HEAD', 'GET of what the client has'] as const)
    await client.ask(requests[kind].replace('@', '/again'), isBodiless(requests[kind]));
  const [get, getAgain, head, headAgain, unchanged] = lines;
  t.is(getAgain, get);
  t.is(headAgain, head);
  t.is(new Set([get, head, unchanged]).size, 3);
});
