import test from 'ava';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Exchange } from '../../../src/sources/transport/exchange.js';
import { readJson, readWhole } from '../../../src/sources/transport/json-reader.js';
import { drain, serve, shortTimeouts, told, valueOf } from '../open-source.js';
import { openTransport } from '../open-transport.js';

const body = Buffer.from(JSON.stringify({ versions: ['1.0.0'] }));

const answering =
  (headers: Record<string, string>, bytes: Buffer, status = 200) =>
  (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(status, headers).end(bytes);

for (const [encoding, bytes] of [
  ['gzip', gzipSync(body)],
  ['x-gzip', gzipSync(body)],
  ['deflate', deflateSync(body)],
  ['deflate', deflateRawSync(body)],
  ['br', brotliCompressSync(body)],
  ['identity', body],
  ['gzip, br', brotliCompressSync(gzipSync(body))],
  ['GZIP', body],
  ['', gzipSync(body)],
  ['gzip', gzipSync(gzipSync(body))],
] as [string, Buffer][])
  test(`a document sent as "${encoding}" in ${bytes.length} bytes that begin with ${bytes.toString('hex', 0, 2)} is read`, async (t) => {
    const origin = await serve(t, answering(encoding === '' ? {} : { 'content-encoding': encoding }, bytes));
    const answer = await openTransport(t, origin).document(new URL(origin), {}, readJson);
    t.deepEqual(valueOf(answer).value, { versions: ['1.0.0'] });
  });

for (const [what, decoded, isSmallOnTheWire] of [
  ['little on the wire and much unpacked', Buffer.from(JSON.stringify({ text: ' '.repeat(900_000) })), true],
  ['much on the wire', Buffer.from(JSON.stringify({ text: randomBytes(300_000).toString('base64') })), false],
] as const)
  for (const encoding of ['gzip', 'deflate', 'br'] as const)
    test(`a document that is ${what} is read whole from ${encoding}`, async (t) => {
      const bytes = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[encoding](decoded);
      t.is(bytes.length < 16_384, isSmallOnTheWire);
      const origin = await serve(t, answering({ 'content-encoding': encoding }, bytes));
      const answer = await openTransport(t, origin).document(new URL(origin), {}, readWhole);
      t.true(valueOf(answer).value.equals(decoded));
    });

test('trap 5: gzip unasked is decoded in packages too, and then no size is promised', async (t) => {
  const origin = await serve(t, (request, response) => {
    t.is(request.headers['accept-encoding'], 'identity');
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
  });
  const opened = valueOf(await openTransport(t, origin).package(new URL(origin), {}));
  t.is(opened.size, undefined);
  t.deepEqual((await drain(opened)).bytes, body);
});

test('a package that begins like gzip is not touched where nobody announced an encoding', async (t) => {
  const origin = await serve(t, answering({}, gzipSync(body)));
  t.deepEqual(
    (await drain(valueOf(await openTransport(t, origin).package(new URL(origin), {})))).bytes,
    gzipSync(body),
  );
});

test('an unknown encoding is refused', async (t) => {
  const origin = await serve(t, answering({ 'content-encoding': 'lzma' }, body));
  const expected = 'refused source-refused: its answer has a Content-Encoding that is unknown here';
  t.is(told(await openTransport(t, origin).document(new URL(origin), {}, readJson)), expected);
  t.is(told(await openTransport(t, origin).package(new URL(origin), {})), expected);
});

test('a damaged encoding is refused, a cut one has failed', async (t) => {
  const damaged = gzipSync(Buffer.alloc(10_000, 'x'));
  damaged[15] = (damaged[15] as number) ^ 0xff;
  const wrong = await serve(t, answering({ 'content-encoding': 'gzip' }, damaged));
  t.is(
    told(await openTransport(t, wrong).document(new URL(wrong), {}, readJson)),
    'refused source-refused: its answer is not the gzip that it says',
  );
  const cut = await serve(t, answering({ 'content-encoding': 'gzip' }, gzipSync(body).subarray(0, 20)));
  t.is(
    told(await openTransport(t, cut).document(new URL(cut), {}, readJson)),
    'failed source-failed: its gzip answer ends in the middle',
  );
  const large = gzipSync(randomBytes(100_000));
  const largeCut = await serve(t, answering({ 'content-encoding': 'gzip' }, large.subarray(0, 60_000)));
  t.is(
    told(await openTransport(t, largeCut).document(new URL(largeCut), {}, readWhole)),
    'failed source-failed: its gzip answer ends in the middle',
  );
  // The checksum at the end is that of other bytes.
  large[large.length - 6] = (large[large.length - 6] as number) ^ 0xff;
  const largeWrong = await serve(t, answering({ 'content-encoding': 'gzip' }, large));
  t.is(
    told(await openTransport(t, largeWrong).document(new URL(largeWrong), {}, readWhole)),
    'refused source-refused: its answer is not the gzip that it says',
  );
  const brotli = await serve(t, answering({ 'content-encoding': 'br' }, Buffer.alloc(500, 0xff)));
  t.regex(told(await openTransport(t, brotli).document(new URL(brotli), {}, readJson)), /^refused source-refused/);
});

test('a gzip bomb is stopped at the limit, long before it is unpacked', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000), { level: 9 });
  const origin = await serve(t, answering({ 'content-encoding': 'gzip' }, bomb));
  let unpacked = 0;
  const answer = await openTransport(t, origin).document(new URL(origin), {}, async (bytes) => {
    for await (const piece of bytes) unpacked += piece.length;
  });
  t.is(told(answer), 'refused too-large: its answer is larger than 1000000 bytes');
  t.true(unpacked <= 1_000_000);
});

test('a package beyond the limit is refused by its announced size, or broken off where none was announced', async (t) => {
  const announced = await serve(t, answering({ 'content-length': '1000001' }, Buffer.alloc(1_000_001)));
  t.regex(told(await openTransport(t, announced).package(new URL(announced), {})), /^refused too-large/);
  const silent = await serve(t, (_, response) => {
    response.write(Buffer.alloc(600_000));
    response.end(Buffer.alloc(600_000));
  });
  const read = await drain(valueOf(await openTransport(t, silent).package(new URL(silent), {})));
  t.is(read.brokeOff, 'too-large: its answer is larger than 1000000 bytes');
});

test('trap 8: a redirect to another origin is followed without credentials, one within the origin with them', async (t) => {
  const seen: (string | undefined)[] = [];
  const elsewhere = await serve(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.end(body);
  });
  const origin = await serve(t, (request, response) => {
    seen.push(request.headers.authorization);
    const location = request.url === '/' ? '/inside' : `${elsewhere}/blob?signature=secret`;
    response.writeHead(302, { location }).end();
  });
  const transport = openTransport(t, origin, { auth: { kind: 'bearer', token: 'T' } });
  const answer = await transport.document(new URL(origin), {}, readJson);
  t.is(valueOf(answer).url.href, `${elsewhere}/blob?signature=secret`);
  t.deepEqual(seen, ['Bearer T', 'Bearer T', undefined]);
});

test('trap 8: an api key header stays at home as well', async (t) => {
  const keys: unknown[] = [];
  const elsewhere = await serve(t, (request, response) => {
    keys.push(request.headers['x-key']);
    response.end(body);
  });
  const origin = await serve(t, (_, response) => response.end(body));
  const transport = openTransport(t, origin, { auth: { kind: 'apiKey', header: 'X-Key', key: 'K' } });
  await drain(valueOf(await transport.package(new URL(elsewhere), {})));
  t.deepEqual(keys, [undefined]);
});

for (const status of [301, 302, 303, 307, 308])
  test(`a ${status} is followed`, async (t) => {
    const origin = await serve(t, (request, response) =>
      request.url === '/' ? response.writeHead(status, { location: '/there' }).end() : response.end(body),
    );
    t.is(valueOf(await openTransport(t, origin).document(new URL(origin), {}, readJson)).url.pathname, '/there');
  });

test('a circle of redirects is refused, and its addresses are not told', async (t) => {
  const origin = await serve(t, (request, response) =>
    response.writeHead(302, { location: request.url === '/a' ? '/?token=secret' : '/a' }).end(),
  );
  const answer = await openTransport(t, origin).document(new URL(`${origin}/?token=secret`), {}, readJson);
  t.is(told(answer), 'refused source-refused: redirects in a circle');
});

test('validators are sent back as they came; 304 means unchanged only to those who sent some', async (t) => {
  const origin = await serve(t, (request, response) => {
    const known = request.headers['if-none-match'] === 'W/odd "etag' && request.headers['if-modified-since'] === 'then';
    response.writeHead(known || request.url === '/always' ? 304 : 200, {
      etag: 'W/odd "etag',
      'last-modified': 'then',
    });
    response.end(known ? '' : body);
  });
  const transport = openTransport(t, origin);
  const first = valueOf(await transport.document(new URL(origin), {}, readJson));
  t.deepEqual(first.validators, { etag: 'W/odd "etag', lastModified: 'then' });
  t.is((await transport.document(new URL(origin), first, readJson)).kind, 'unchanged');
  for (const ask of [{}, { validators: {} }])
    t.is(
      told(await transport.document(new URL(`${origin}/always`), ask, readJson)),
      'refused source-refused: answered 304',
    );
});

test('who asks is said, and documents are asked for compressed', async (t) => {
  const origin = await serve(t, (request, response) => {
    t.is(request.headers['user-agent'], 'larder/1.2.3');
    t.is(request.headers['accept-encoding'], 'gzip, deflate, br');
    response.end(body);
  });
  valueOf(await openTransport(t, origin).document(new URL(origin), {}, readJson));
});

test('failures to connect are told in short words', async (t) => {
  const origin = await serve(t, () => undefined);
  const transport = openTransport(t, origin, { timeouts: shortTimeouts });
  const tell = async (url: string) => told(await transport.document(new URL(url), {}, readJson));
  t.is(await tell('http://127.0.0.1:1/'), 'failed source-unreachable: connection refused');
  t.is(await tell('http://localhost:1/'), 'failed source-unreachable: connection refused');
  t.regex(await tell('http://no-such-host.invalid/'), /^failed source-unreachable: host name (not found|could not be)/);
  t.regex(await tell(origin.replace('http:', 'https:')), /^failed source-unreachable: (TLS failed|connection)/);
  t.is(await tell(origin), 'failed source-timeout: no answer within 1.5 s');
});

test('a connection that the source closed while it was kept alive costs no failure', async (t) => {
  let requests = 0;
  const origin = await serve(t, (_, response) => {
    requests++;
    if (requests === 2) response.socket?.destroy();
    else response.end(body);
  });
  const transport = openTransport(t, origin);
  valueOf(await transport.document(new URL(origin), {}, readJson));
  valueOf(await transport.document(new URL(origin), {}, readJson));
  t.is(requests, 3);
});

test('no more connections than allowed are open at a time', async (t) => {
  let open_ = 0;
  let most = 0;
  const origin = await serve(t, (_, response) => {
    most = Math.max(most, ++open_);
    setTimeout(() => {
      open_--;
      response.end(body);
    }, 20);
  });
  const transport = openTransport(t, origin, { maxConcurrent: 3 });
  await Promise.all(Array.from({ length: 12 }, () => transport.document(new URL(origin), {}, readJson)));
  t.is(most, 3);
});

test('an abort throws the reason of the signal: before, while waiting and while reading', async (t) => {
  const origin = await serve(t, (request, response) => {
    if (request.url === '/body') response.write('{');
  });
  const transport = openTransport(t, origin);
  const reason = new Error('enough');
  await t.throwsAsync(transport.package(new URL(origin), { signal: AbortSignal.abort(reason) }), { is: reason });
  for (const path of ['/', '/body']) {
    const controller = new AbortController();
    const asked = transport.document(new URL(path, origin), { signal: controller.signal }, readWhole);
    setTimeout(() => controller.abort(reason), 50);
    await t.throwsAsync(asked, { is: reason });
  }
});

test('a signal that is aborted after a package was opened does not end it', async (t) => {
  const origin = await serve(t, (_, response) => {
    response.write('first ');
    setTimeout(() => response.end('second'), 50);
  });
  const controller = new AbortController();
  const opened = valueOf(await openTransport(t, origin).package(new URL(origin), { signal: controller.signal }));
  controller.abort(new Error('late'));
  t.is((await drain(opened)).bytes.toString(), 'first second');
});

test('a package let go of closes its connection, read or not', async (t) => {
  let closed = 0;
  const origin = await serve(t, (_, response) => {
    response.on('close', () => closed++);
    response.write(Buffer.alloc(100_000));
  });
  const exchanges: Exchange[] = [];
  const transport = openTransport(t, origin, { observe: (exchange) => exchanges.push(exchange) });
  const unread = valueOf(await transport.package(new URL(origin), {}));
  unread.bytes.destroy();
  const half = valueOf(await transport.package(new URL(origin), {}));
  const reason = new Error('not needed');
  await t.throwsAsync(
    async () => {
      for await (const _ of half.bytes) half.bytes.destroy(reason);
    },
    { is: reason },
  );
  while (closed < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(exchanges.length, 2);
});

test('every exchange is told once, with its bytes on the wire', async (t) => {
  const zipped = gzipSync(body);
  const origin = await serve(t, (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/there' }).end();
    else if (request.url === '/there') response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped);
    else response.writeHead(500).end('no');
  });
  const exchanges: Exchange[] = [];
  const transport = openTransport(t, origin, { observe: (exchange) => exchanges.push(exchange) });
  await transport.document(new URL(origin), {}, readJson);
  await transport.package(new URL('/broken', origin), {});
  await transport.document(new URL('http://127.0.0.1:1/'), {}, readJson);
  t.deepEqual(
    exchanges.map(({ carries, status, bytes, failure }) => [carries, status, bytes, failure]),
    [
      ['document', 302, 0, undefined],
      ['document', 200, zipped.length, undefined],
      ['package', 500, 0, 'source-failed'],
      ['document', undefined, 0, 'source-unreachable'],
    ],
  );
  t.true(exchanges.every(({ headersMs, totalMs }) => headersMs >= 0 && totalMs >= headersMs));
});
