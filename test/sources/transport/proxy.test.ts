import test from 'ava';
import type { ExecutionContext } from 'ava';
import { readJson } from '../../../src/sources/transport/json-reader.js';
import { startProxy } from '../../support/proxy-server.js';
import { certificateText, serveTls } from '../../support/tls-server.js';
import { serve, shortTimeouts, told, valueOf } from '../open-source.js';
import { openTransport } from '../open-transport.js';
import type { TransportOptions } from '../../../src/sources/transport/transport.js';

const ca = certificateText('authority.pem');
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

async function ask(t: ExecutionContext, url: string, options: Partial<TransportOptions>) {
  return openTransport(t, url, options).document(new URL(url), {}, readJson);
}

/** A plain and a TLS source that write down who asked them. */
async function twoSources(t: ExecutionContext) {
  const seen: Record<string, unknown>[] = [];
  const answer: Parameters<typeof serve>[1] = (request, response) => {
    seen.push(request.headers);
    response.end('{"ok":true}');
  };
  return { seen, plain: await serve(t, answer), tls: await serveTls(t, 'server', answer) };
}

test('http goes through a proxy as it is, https through a tunnel; credentials of the proxy stay with it', async (t) => {
  const { seen, plain, tls } = await twoSources(t);
  const proxy = await startProxy(t, { wants: basic('me:p@ss') });
  const address = proxy.url.replace('://', '://me:p%40ss@');
  for (const url of [plain, tls])
    t.deepEqual(valueOf(await ask(t, `${url}/a?b=1`, { proxy: address, ca })).value, { ok: true });
  t.deepEqual(
    proxy.requests.map(({ method, target }) => [method, target]),
    [
      ['GET', `${plain}/a?b=1`],
      ['CONNECT', tls.replace('https://', '')],
    ],
  );
  t.is(seen.length, 2);
  t.true(seen.every((headers) => headers['proxy-authorization'] === undefined));
});

test('a proxy that speaks TLS itself is trusted by the same authorities', async (t) => {
  const { plain, tls } = await twoSources(t);
  const proxy = await startProxy(t, { isTls: true });
  for (const url of [plain, tls]) valueOf(await ask(t, url, { proxy: proxy.url, ca }));
  t.is(proxy.requests.length, 2);
  t.regex(
    told(await ask(t, plain, { proxy: proxy.url })),
    /^failed source-unreachable: the proxy https:\/\/localhost:\d+ cannot be used: TLS failed: its certificate comes from an authority/,
  );
});

for (const [what, script, expected] of [
  [
    'wants credentials',
    { wants: basic('a:b') },
    /^failed source-unreachable: the proxy http:\/\/127\.0\.0\.1:\d+ wants credentials, .*\(407\)/,
  ],
  [
    'is silent',
    { isSilent: true },
    /^failed source-unreachable: the proxy http:\/\/127\.0\.0\.1:\d+ cannot be used: no answer within|^failed source-timeout: no answer/,
  ],
] as const)
  for (const kind of ['plain', 'tls'] as const)
    test(`a proxy that ${what} is told by its name and without credentials (${kind})`, async (t) => {
      const sources = await twoSources(t);
      const proxy = await startProxy(t, script);
      const address = proxy.url.replace('://', '://someone:wrong-secret@');
      const answer = told(await ask(t, sources[kind], { proxy: address, ca, timeouts: shortTimeouts }));
      t.regex(answer, expected);
      t.notRegex(answer, /wrong-secret|someone/);
      t.is(sources.seen.length, 0);
    });

test('a proxy that is not there, or does not let us through, is told by its name', async (t) => {
  const { plain, tls } = await twoSources(t);
  for (const url of [plain, tls])
    t.is(
      told(await ask(t, url, { proxy: 'http://me:secret@127.0.0.1:1', ca })),
      'failed source-unreachable: the proxy http://127.0.0.1:1 cannot be used: connection refused',
    );
  const closed = await startProxy(t, { status: 403 });
  t.is(
    told(await ask(t, tls, { proxy: closed.url, ca })),
    `failed source-unreachable: the proxy ${closed.url} does not let us through to the source (403)`,
  );
});

test('what TLS says of a source behind a proxy is said of the source', async (t) => {
  const proxy = await startProxy(t);
  const other = await serveTls(t, 'elsewhere', (_, response) => response.end('{}'));
  t.regex(told(await ask(t, other, { proxy: proxy.url, ca })), /TLS failed: its certificate is for another host name/);
  t.regex(
    told(await ask(t, other, { proxy: proxy.url })),
    /^failed source-unreachable: TLS failed: its certificate comes/,
  );
});

test('the proxies of the environment are used, each for its scheme, but not for this machine', async (t) => {
  const { plain, tls } = await twoSources(t);
  const http = await startProxy(t, { leadsTo: plain });
  const https = await startProxy(t, { leadsTo: tls });
  const proxies = { httpProxy: http.url.replace('://', '://u:p@'), httpsProxy: https.url };
  valueOf(await ask(t, 'http://source.example/index.json', { proxies }));
  t.deepEqual(http.requests, [
    { method: 'GET', target: 'http://source.example/index.json', authorization: basic('u:p') },
  ]);
  t.regex(told(await ask(t, 'https://source.example/', { proxies, ca })), /TLS failed: .*another host name/);
  t.is(https.requests[0]?.target, 'source.example:443');
  for (const url of [plain, tls, plain.replace('127.0.0.1', 'localhost')]) valueOf(await ask(t, url, { proxies, ca }));
  t.is(http.requests.length + https.requests.length, 2, 'sources on this machine are asked directly');
});

test('NO_PROXY keeps hosts and domains away from the proxies of the environment, `none` a whole source', async (t) => {
  const { plain } = await twoSources(t);
  const proxy = await startProxy(t, { leadsTo: plain });
  const proxies = { httpProxy: proxy.url, noProxy: 'direct.invalid, .corp.invalid:80 other.example' };
  for (const host of ['direct.invalid', 'a.corp.invalid'])
    t.regex(told(await ask(t, `http://${host}/`, { proxies })), /^failed source-unreachable: host name/);
  t.regex(
    told(await ask(t, 'http://free.invalid/', { proxies, proxy: 'none' })),
    /^failed source-unreachable: host name/,
  );
  t.is(proxy.requests.length, 0);
  valueOf(await ask(t, 'http://free.invalid/', { proxies }));
  t.is(proxy.requests.length, 1);
});

test('a proxy that is configured counts for sources on this machine, and beats the environment', async (t) => {
  const { plain } = await twoSources(t);
  const [own, other] = [await startProxy(t), await startProxy(t)];
  valueOf(await ask(t, plain, { proxy: own.url, proxies: { httpProxy: other.url } }));
  t.deepEqual([own.requests.length, other.requests.length], [1, 0]);
});

test('as many answers at a time as allowed come through a proxy', async (t) => {
  let waiting: (() => void)[] = [];
  let most = 0;
  // Nobody is answered before three are here: fewer would wait for ever.
  const origin = await serve(t, (_, response) => {
    waiting.push(() => response.end('{}'));
    most = Math.max(most, waiting.length);
    if (waiting.length === 3)
      setTimeout(() => {
        for (const answer of waiting) answer();
        waiting = [];
      }, 20);
  });
  const proxy = await startProxy(t);
  const transport = openTransport(t, origin, { proxy: proxy.url, maxConcurrent: 3 });
  await Promise.all(Array.from({ length: 12 }, () => transport.document(new URL(origin), {}, readJson)));
  t.is(most, 3);
});
