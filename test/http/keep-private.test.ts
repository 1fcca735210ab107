import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';

import { keepPrivate } from '../../src/http/keep-private.js';
import { getter } from '../support/larder.js';

for (const [how, answer, cacheControl, vary] of [
  ['no header at all', (res) => res.writeHead(200), 'private', ''],
  [
    'a head that is written by itself',
    (res) => res.setHeader('Cache-Control', 'public, max-age=5'),
    'private, max-age=5',
    '',
  ],
  [
    'an object',
    (res) => res.writeHead(200, { 'cache-control': 'public, max-age=5, immutable', Vary: 'Accept-Encoding' }),
    'private, max-age=5, immutable',
    'Accept-Encoding, ',
  ],
  [
    'names and values in turn, after a reason',
    (res) => res.writeHead(200, 'Fine', ['Vary', 'Origin', 'CACHE-CONTROL', 's-maxage=9, Public']),
    'private',
    'Origin, ',
  ],
  ['a private one', (res) => res.writeHead(200, { 'Cache-Control': 'private, max-age=1' }), 'private, max-age=1', ''],
  ['one that nobody may keep', (res) => res.writeHead(200, ['Cache-Control', 'no-store']), 'no-store', ''],
  [
    'both ways, where the later counts',
    (res) => {
      res.setHeader('Cache-Control', 'public');
      res.writeHead(200, 'Fine', { 'Cache-Control': 'public, max-age=7', 'X-Other': '1' });
    },
    'private, max-age=7',
    '',
  ],
] as const satisfies readonly (readonly [string, (res: ServerResponse) => unknown, string, string])[])
  test(`an answer becomes private: ${how}`, async (t) => {
    const server = createServer((_req, res) => {
      keepPrivate(res);
      answer(res);
      res.end('body');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.teardown(() => server.close());
    const reply = await getter(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)('');
    t.is(reply.headers['cache-control'], cacheControl);
    t.is(reply.headers['vary'], `${vary}Authorization, X-NuGet-ApiKey`);
    t.is(reply.text(), 'body');
    if (how.includes('both')) t.is(reply.headers['x-other'], '1');
    if (how.includes('reason')) t.is(reply.reason, 'Fine');
  });
