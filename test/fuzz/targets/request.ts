import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import Router from '@koa/router';
import { requestedRange } from '../../../src/http/byte-range.js';
import { areaOf, defaultFeed } from '../../../src/http/area.js';
import { presentedKeys } from '../../../src/http/credentials.js';
import { acceptedEncoding } from '../../../src/http/finished-document.js';
import { KeyRing } from '../../../src/http/key-ring.js';
import { ProblemError } from '../../../src/http/problem.js';
import { originForm } from '../../../src/http/request-target.js';
import { createOwnPath, createPublicBase, serviceIndexUrl } from '../../../src/http/urls.js';
import { InvalidNameError } from '../../../src/nuget/invalid-name.js';
import {
  InvalidQueryError,
  parseAutocompleteRequest,
  parseSearchQuery,
  searchQueryKey,
} from '../../../src/nuget/search-query.js';
import { mustHold, refusing, textOf } from '../target.js';
import type { Target } from '../target.js';

/** A request with these headers, as Node reads them: bytes as Latin-1. */
function requestWith(headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return request;
}
/** Node itself refuses control characters in a header. */
const headerOf = (input: Buffer) => input.toString('latin1').replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '');
const seeds = (...texts: string[]) => texts.map((text) => Buffer.from(text));

const router = new Router();
const nothing = () => undefined;
for (const prefix of ['', '/feeds/:feed']) {
  router.get(`${prefix}/v3/index.json`, nothing);
  router.get(`${prefix}/v3/flat/:id/:version/:file`, nothing);
  router.get(`${prefix}/v3/search{/}`, nothing);
}
/** The feed that a route would read from the path; `undefined` where no route is. */
function routedFeed(path: string): string | undefined {
  const { path: matched } = router.match(path, 'GET');
  const layer = matched[0];
  if (layer === undefined) return undefined;
  const { feed } = layer.params(path, layer.captures(path)) as { feed?: string };
  return feed ?? defaultFeed;
}

const ring = new KeyRing([{ name: 'ci', key: 'a key of some length' }]);
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

export const targets: readonly Target[] = [
  {
    name: 'request-target',
    shape: 'text',
    seeds: seeds(
      '/v3/index.json',
      '/feeds/team/v3/flat/a/1.0.0/a.1.0.0.nupkg',
      '/feeds/t%65am/v3/search?q=x&feed=other',
      'http://host/feeds/x/v3/index.json',
      '/api/packages?feed=a&feed=b',
      '*',
      '/nuget/v3/index.json',
      '/packages/a?feed=x',
      '/health/live',
    ),
    dictionary: [
      '/',
      '//',
      '/feeds/',
      'feeds',
      'FEEDS',
      'v3',
      'V3',
      '%2f',
      '%2F',
      '%5c',
      '%66eeds',
      '..',
      '%2e%2e',
      '?',
      '#',
      ';',
      'http://',
      'https://h',
      'HTTP://',
      '%',
      '%zz',
      '%ff',
      'feed=',
      '&',
      '/nuget',
    ],
    maxInputBytes: 4_000,
    run(input) {
      const path = originForm(input.toString('latin1'));
      if (path === undefined) return 'refused';
      mustHold(path === '*' || path.startsWith('/'), 'a path begins at the root');
      mustHold(originForm(path) === path, 'a path in origin form stays as it is');
      const own = createOwnPath('https://ours.example/nuget/')(path);
      const area = areaOf(path);
      const [before = ''] = path.split('?');
      const feed = path === '*' ? undefined : routedFeed(before);
      if (feed !== undefined)
        mustHold(area.kind === 'feeds' && area.feeds.includes(feed), 'the gate asks for the feed that the route reads');
      if (path !== '*') {
        const { pathname } = new URL(`http://h${path}`);
        mustHold(typeof pathname === 'string', 'a path is one of an address');
      }
      return `${area.kind} ${feed === undefined ? 'nowhere' : 'routed'} ${own === path ? '' : 'below'}`;
    },
  },
  {
    name: 'range-header',
    shape: 'text',
    // Range, and If-Range on a second line.
    seeds: seeds(
      'bytes=0-99',
      'bytes=-5',
      'bytes=10-',
      'bytes=0-0,5-9',
      'bytes = 1 - 2',
      'items=0-1',
      'bytes=999-1000',
      'bytes=0-1\n"etag"',
      'bytes=0-1\n"other"',
    ),
    dictionary: ['bytes=', '-', ',', '0', '999', '1000', '1001', '=', '--', '18446744073709551616'],
    maxInputBytes: 8_000,
    run(input) {
      const size = 1000;
      try {
        const [asked = '', condition] = input
          .toString('latin1')
          .split('\n')
          .map((line) => headerOf(Buffer.from(line, 'latin1')));
        const headers = { range: asked, ...(condition !== undefined && { 'if-range': condition }) };
        const range = requestedRange(requestWith(headers), size, '"etag"', undefined);
        const isMeant = condition === undefined || condition === '"etag"';
        mustHold(range === undefined || isMeant, 'a part is of what the client has');
        if (range === undefined) return 'whole';
        const { start, end } = range;
        mustHold(Number.isSafeInteger(start) && Number.isSafeInteger(end), 'a range is two whole numbers');
        mustHold(start >= 0 && start < end && end <= size, 'a range lies within what there is');
        return `${start === 0} ${end === size}`;
      } catch (error) {
        return refusing([ProblemError], error);
      }
    },
  },
  {
    name: 'authorization-header',
    shape: 'text',
    seeds: seeds(
      basic('any:a key of some length'),
      basic(':'),
      basic('no colon'),
      'Bearer a-token',
      'bearer  x',
      'Negotiate abc',
      basic('a:b:c'),
    ),
    dictionary: ['Basic ', 'Bearer ', '=', '==', ':', 'basic  ', 'Og==', basic('x:y')],
    maxInputBytes: 8_000,
    run(input) {
      const header = headerOf(input);
      const presented = presentedKeys(
        requestWith({ authorization: header, 'x-nuget-apikey': header.slice(0, 3) }).headers,
      );
      const names = (presented ?? []).map((key) => ring.nameOf(key));
      if (names.includes('ci')) {
        const pair = Buffer.from(header.replace(/^basic +/i, ''), 'base64').toString();
        mustHold(
          pair.endsWith(':a key of some length') || header.includes('a key of some length'),
          'only the key itself is the key',
        );
      }
      return presented === undefined ? 'nothing' : `${presented.length} ${names.includes('ci')}`;
    },
  },
  {
    name: 'accept-encoding-header',
    shape: 'text',
    seeds: seeds(
      'gzip, deflate, br',
      'identity',
      'gzip;q=0',
      '*;q=0.5, gzip;q=0',
      '',
      'identity;q=0, *;q=0',
      'GZIP;q=1.000',
    ),
    dictionary: ['gzip', 'identity', '*', ';q=', '0', '0.001', '1', ',', ';', 'q', 'x-gzip', 'br'],
    maxInputBytes: 8_000,
    run(input) {
      const header = headerOf(input);
      const accepted = acceptedEncoding(requestWith({ 'accept-encoding': header }));
      mustHold(
        acceptedEncoding(requestWith({ 'accept-encoding': header })) === accepted,
        'the same header gets the same',
      );
      mustHold(accepted === 'identity' || /gzip|\*/i.test(header), 'gzip is for those who allow it');
      return accepted;
    },
  },
  {
    name: 'host-header',
    shape: 'text',
    seeds: seeds(
      'ours.example\nhttps\nproxy.example:8443\n/nuget',
      'localhost:6848',
      '[::1]:6848\nhttp',
      '127.0.0.1\nHTTPS,http\na.example, b.example\n/a/../b//c',
    ),
    dictionary: [
      '\n',
      'https',
      '/',
      '..',
      '[',
      ']',
      ':',
      '@',
      ',',
      'evil.example',
      '%00',
      'a.example:99999',
      '::',
      '[::ffff:1.2.3.4]',
    ],
    maxInputBytes: 4_000,
    run(input) {
      const [host = '', proto = '', forwarded = '', prefix = ''] = input
        .toString('latin1')
        .split('\n')
        .map((line) => headerOf(Buffer.from(line, 'latin1')));
      const request = requestWith({
        host,
        'x-forwarded-proto': proto,
        'x-forwarded-host': forwarded,
        'x-forwarded-prefix': prefix,
      });
      Object.defineProperty(request.socket, 'remoteAddress', { value: '10.0.0.1' });
      const outcomes: string[] = [];
      for (const trustedProxies of [[], ['10.0.0.0/8']])
        try {
          const base = createPublicBase({ trustedProxies })(request);
          mustHold(base.endsWith('/') && !/["\\\s@?#]/.test(base), 'a base is an address that ends in a slash');
          mustHold(JSON.stringify(base) === `"${base}"`, 'a base can stand in JSON as it is');
          const url = new URL(serviceIndexUrl(base, ''));
          mustHold(
            /^https?:$/.test(url.protocol) && url.pathname.endsWith('/v3/index.json'),
            'our index lies below the base',
          );
          outcomes.push(`${url.protocol}${url.pathname.split('/').length}`);
        } catch (error) {
          outcomes.push(refusing([ProblemError], error));
        }
      return outcomes.join();
    },
  },
  {
    name: 'search-query',
    shape: 'text',
    seeds: seeds(
      'q=json&skip=0&take=20&prerelease=true&semVerLevel=2.0.0',
      'id=Some.Package&prerelease=false',
      'q=&take=1001&skip=3001',
      'packageType=DotnetTool&q=id:x',
      'semVerLevel=99999999999999999999',
    ),
    dictionary: [
      'q=',
      'skip=',
      'take=',
      'prerelease=',
      'semVerLevel=',
      'id=',
      'packageType=',
      '&',
      '%',
      '+',
      '%00',
      '%ff',
      'true',
      'false',
      '2.0.0',
    ],
    maxInputBytes: 8_000,
    run(input) {
      const asked = new Map<string, string>();
      for (const [name, value] of new URLSearchParams(textOf(input)))
        if (value !== '') asked.set(name.toLowerCase(), value);
      try {
        const { query, window } = parseSearchQuery((name) => asked.get(name));
        mustHold(
          window.skip >= 0 && window.skip <= 3000 && window.take >= 0 && window.take <= 1000,
          'a window has bounds',
        );
        mustHold(query.text.length <= 1024, 'a text has a bound');
        const key = searchQueryKey(query);
        mustHold(key === searchQueryKey({ ...query, text: query.text.toLowerCase() }), 'a key does not tell casing');
        const { of } = parseAutocompleteRequest((name) => asked.get(name));
        return `${of} ${query.prerelease} ${query.semVer2} ${query.packageType !== undefined} ${query.text === ''}`;
      } catch (error) {
        return refusing([InvalidQueryError, InvalidNameError], error);
      }
    },
  },
];
