import { once } from 'node:events';
import { connect } from 'node:net';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

async function start(t: ExecutionContext) {
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0' }] });
  t.teardown(() => source.close());
  return { source, larder: await startLarder(t, { sources: { origin: source } }) };
}

interface RawReply {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Writes bytes on a connection of its own and reads what comes until its end. */
async function raw(larder: LarderUnderTest, bytes: string | Buffer): Promise<RawReply> {
  const { hostname, port } = new URL(larder.url);
  const socket = connect(Number(port), hostname);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  // The server may close while we are still writing: what it said before counts.
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', body = ''] = split(Buffer.concat(pieces).toString('latin1'));
  const [first = '', ...lines] = head.split('\r\n');
  const [, status = '0', reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(first) ?? [];
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(status), reason, headers: new Map(headers), body };
}

function split(text: string): [head: string, body: string] {
  const at = text.indexOf('\r\n\r\n');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 4)];
}

const get = (larder: LarderUnderTest, target: string) =>
  raw(larder, Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${new URL(larder.url).host}\r\nConnection: close\r\n\r\n`));

const badSegments: Readonly<Record<string, string>> = {
  'two dots, encoded': '%2e%2e',
  'a way up, encoded': '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'an encoded slash': 'alpha%2fbeta',
  'an encoded backslash': 'alpha%5cbeta',
  'a way up with backslashes': '..%5c..%5cwindows',
  'two dots inside': 'alpha..beta',
  'a NUL': 'alpha%00',
  'a line end': 'alpha%0d%0aX-Injected:%20yes',
  'a control character': 'alpha%07',
  'an escape': 'alpha%1b[31m',
  '300 characters': 'a'.repeat(300),
  'a Cyrillic look-alike': `${encodeURIComponent('а')}lpha`,
  'full-width letters': encodeURIComponent('ａｌｐｈａ'),
  'the Kelvin sign, which lower-cases to k': encodeURIComponent('\u212aelvin'),
  'an accent': encodeURIComponent('älpha'),
  'a right-to-left mark': `alpha${encodeURIComponent('\u202e')}`,
  'a zero-width space': `alpha${encodeURIComponent('\u200b')}`,
  'a space': 'alpha%20beta',
  'an encoded question mark': 'alpha%3fx=1',
  'encoded twice': '%252e%252e',
  markup: '%3Cscript%3E',
  'a drive': 'c%3a',
};

for (const [what, segment] of Object.entries(badSegments)) {
  test(`an id with ${what} is refused as such and nobody is asked`, async (t) => {
    const { source, larder } = await start(t);
    for (const target of [
      `/v3/flat/${segment}/index.json`,
      `/v3/flat/${segment}/1.0.0/alpha.1.0.0.nupkg`,
      `/v3/registration/${segment}/index.json`,
      `/v3/registration-semver2/${segment}/1.0.0.json`,
      `/v3/registration/${segment}/page/1.0.0/2.0.0.json`,
      `/v3/details/${segment}/1.0.0.json`,
      `/feeds/default/v3/flat/${segment}/index.json`,
    ]) {
      const reply = await get(larder, target);
      assertProblem(t, reply, 400, 'bad-id', target);
    }
    t.is(source.requests.length, 0);
    t.is((await larder.get('v3/flat/alpha/index.json')).status, 200, 'and goes on');
  });

  test(`a version with ${what} is refused as such and nobody is asked`, async (t) => {
    const { source, larder } = await start(t);
    for (const target of [
      `/v3/flat/alpha/${segment}/alpha.1.0.0.nupkg`,
      `/v3/registration/alpha/${segment}.json`,
      `/v3/registration/alpha/page/${segment}/2.0.0.json`,
      `/v3/registration/alpha/page/1.0.0/${segment}.json`,
      `/v3/details/alpha/${segment}.json`,
    ])
      assertProblem(t, await get(larder, target), 400, 'bad-version', target);
    t.is(source.requests.length, 0);
  });
}

function assertProblem(t: ExecutionContext, reply: RawReply, status: number, code: string, about: string): void {
  t.is(reply.status, status, `${about}: ${reply.body}`);
  t.is(reply.headers.get('content-type'), 'application/problem+json', about);
  t.is((JSON.parse(reply.body) as { code: string }).code, code, about);
  t.false(reply.headers.has('x-injected'), about);
  t.regex(reply.reason, /^[\x20-\x7e]{1,200}$/, about);
}

for (const version of [
  'x',
  '1.-2',
  '1.2.3.4.5',
  '1..0',
  '99999999999.0.0',
  '1.0.0-',
  '-1.0.0',
  '1.0.0-a..b',
  '1.0.0-ä',
])
  test(`the version ${version} is refused as such and nobody is asked`, async (t) => {
    const { source, larder } = await start(t);
    const target = `/v3/flat/alpha/${encodeURIComponent(version)}/alpha.1.0.0.nupkg`;
    assertProblem(t, await get(larder, target), 400, 'bad-version', target);
    t.is(source.requests.length, 0);
  });

for (const escape of ['%', '%z1', '%2', '%c3%28', '%ff', '%ed%a0%80'])
  test(`the malformed escape ${escape} is the client's mistake, not an error of ours`, async (t) => {
    const { source, larder } = await start(t);
    for (const target of [
      `/v3/flat/al${escape}/index.json`,
      `/v3/flat/alpha/1.0.0${escape}/alpha.1.0.0.nupkg`,
      `/v3/flat/alpha/1.0.0/alpha${escape}.nupkg`,
      `/feeds/${escape}/v3/index.json`,
      `/${escape}`,
    ]) {
      const reply = await get(larder, target);
      t.true(reply.status === 400 || reply.status === 404, `${target}: ${reply.status} ${reply.body}`);
      t.is(reply.headers.get('content-type'), 'application/problem+json', target);
    }
    t.is(source.requests.length, 0);
  });

test('ways up in the path as sent lead to nothing', async (t) => {
  const { source, larder } = await start(t);
  for (const target of [
    '/v3/flat/../../etc/passwd',
    '/../../../../etc/passwd',
    '/v3/flat/alpha/../../../package.json',
    '//etc/passwd',
    '/v3/flat/alpha/1.0.0/../../../../etc/passwd',
    '/v3/flat/alpha/1.0.0/..%2f..%2fpasswd',
    '/v3\\flat\\alpha\\index.json',
    'http://elsewhere.example/etc/passwd',
    'etc/passwd',
  ]) {
    const reply = await get(larder, target);
    t.true(reply.status === 400 || reply.status === 404, `${target}: ${reply.status}`);
    t.is(reply.headers.get('content-type'), 'application/problem+json', target);
  }
  t.is(source.requests.length, 0);
});

test('a file name of another package or kind below a package is 404 and nobody is asked', async (t) => {
  const { source, larder } = await start(t);
  for (const file of [
    'beta.1.0.0.nupkg',
    'alpha.2.0.0.nupkg',
    'alpha.1.0.0.snupkg',
    'beta.nuspec',
    'alpha.1.0.0.nupkg.sha512',
  ])
    assertProblem(t, await get(larder, `/v3/flat/alpha/1.0.0/${file}`), 404, 'not-found', file);
  t.is(source.requests.length, 0);
});

test('what is unknown is 404 with a problem document', async (t) => {
  const { source, larder } = await start(t);
  for (const target of [
    '/nothing',
    '/v3',
    '/v3/',
    '/v3/flat/alpha',
    '/v3/flat/alpha/1.0.0',
    '/v2',
    '/api',
    '/index.html',
    '/favicon.ico',
    '/feeds/nobody/v3/index.json',
    '/v3/registration/alpha/1.0.0.xml',
    `/${'a/'.repeat(500)}`,
  ])
    assertProblem(t, await get(larder, target), 404, 'not-found', target);
  t.is(source.requests.length, 0);
});

for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])
  test(`${method} is answered 405 and told what is allowed`, async (t) => {
    const { source, larder } = await start(t);
    for (const target of ['/v3/index.json', '/v3/flat/alpha/index.json', '/', '/nothing', '/api/status']) {
      const reply = await raw(
        larder,
        `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody`,
      );
      assertProblem(t, reply, 405, 'method-not-allowed', target);
      t.is(reply.headers.get('allow'), 'GET, HEAD', target);
    }
    t.is(source.requests.length, 0);
  });

test('a request head over limits.maxHeaderBytes is answered 431', async (t) => {
  const { larder } = await start(t);
  for (const head of [
    `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`,
    `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-Many: 1\r\n'.repeat(5_000)}\r\n`,
  ])
    assertProblem(t, await raw(larder, head), 431, 'headers-too-large', head.slice(0, 20));
  t.is((await larder.get('v3/index.json')).status, 200);
});

for (const [what, bytes] of [
  ['nonsense', '\u0001\u0002\u0003 nonsense\r\n\r\n'],
  ['a TLS greeting', Buffer.from('160301020001000200fcfd', 'hex')],
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['a bare carriage return in a header', 'GET / HTTP/1.1\r\nHost: a\rX-Injected: yes\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
  ['two lengths', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a NUL in the target', 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
] as const)
  test(`${what} on the wire is answered 400 and the connection closed`, async (t) => {
    const { source, larder } = await start(t);
    assertProblem(t, await raw(larder, bytes), 400, 'bad-request', what);
    t.is(source.requests.length, 0);
    t.is((await larder.get('v3/index.json')).status, 200, 'and goes on');
  });

test('a Host that is no host name gets no document made with it', async (t) => {
  const { larder } = await start(t);
  for (const host of ['a b', '"><script>', 'a/b', 'user@host', 'a:99999999', 'a,b', '..', '1.2.3.4.5', 'a:99999']) {
    const reply = await raw(larder, `GET /v3/index.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    assertProblem(t, reply, 400, 'bad-host', host);
  }
});

test('a query string changes nothing', async (t) => {
  const { source, larder } = await start(t);
  const plain = await larder.get('v3/flat/alpha/index.json');
  for (const query of [
    '?',
    '?x=1',
    '?semVerLevel=2.0.0',
    '?/../../nothing',
    '?id=beta',
    '?%',
    `?${'x'.repeat(5_000)}`,
  ]) {
    const reply = await larder.get(`v3/flat/alpha/index.json${query}`);
    t.is(reply.status, 200, query);
    t.true(reply.body.equals(plain.body), query);
  }
  t.is((await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg?take=1')).status, 200);
  t.is(source.count('/v3-flatcontainer/alpha/index.json'), 1);
  t.true(source.requests.every(({ path }) => !path.includes('?')));
});

test('nothing of the address reaches the head of an answer unclean', async (t) => {
  const { larder } = await start(t);
  const injected = encodeURIComponent('x\r\nX-Injected: yes\r\n\r\n<script>');
  for (const target of [
    `/v3/flat/${injected}/index.json`,
    `/v3/flat/alpha/${injected}/alpha.1.0.0.nupkg`,
    `/v3/flat/alpha/1.0.0/${injected}`,
    `/feeds/${injected}/v3/index.json`,
    `/${injected}`,
    `/v3/index.json?${injected}`,
  ]) {
    const reply = await get(larder, target);
    t.false(reply.headers.has('x-injected'), target);
    t.regex(reply.reason, /^[\x20-\x7e]*$/, target);
    if (reply.status !== 200) t.is(reply.headers.get('content-type'), 'application/problem+json', target);
  }
});

test('a HEAD of something bad has the status and no body', async (t) => {
  const { larder } = await start(t);
  const reply = await larder.get('v3/flat/alpha..beta/index.json', {}, 'HEAD');
  t.is(reply.status, 400);
  t.is(reply.body.length, 0);
});
