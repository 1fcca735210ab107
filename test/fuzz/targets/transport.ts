import { posix } from 'node:path';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { SourceBrokeOff } from '../../../src/feed/source.js';
import { parseAddress } from '../../../src/nuget/parse-address.js';
import { boundedBytes } from '../../../src/sources/transport/bounded.js';
import { CredentialScope } from '../../../src/sources/transport/credential-scope.js';
import { decodeBytes, gunzipUnannounced, readContentEncoding } from '../../../src/sources/transport/decode.js';
import { readContentLength } from '../../../src/sources/transport/header.js';
import { ForbiddenAddressError, Route } from '../../../src/sources/transport/redirect.js';
import { readRetryAfter } from '../../../src/sources/transport/retry-after.js';
import { inPieces, mustHold, refusing, textOf } from '../target.js';
import type { Target } from '../target.js';

const seeds = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const document = Buffer.from(JSON.stringify({ versions: Array.from({ length: 200 }, (_, i) => `1.0.${i}`) }));
const encoded = (header: string, body: Buffer) => Buffer.concat([Buffer.from(`${header}\n`), body]);
const maxDecodedBytes = 2 ** 20;

/** The path as a server reads it that decodes before it looks for steps. */
const decodedOnce = (path: string) =>
  path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))).replaceAll('\\', '/');

export const targets: readonly Target[] = [
  {
    name: 'retry-after-header',
    shape: 'text',
    seeds: seeds('120', '0', 'Wed, 21 Oct 2026 07:28:00 GMT', '-1', '1e3', 'soon', '1792222222'),
    dictionary: ['GMT', '2026', 'Wed, ', ':', '99999999999999999999', '275760', '-271821-04-20'],
    maxInputBytes: 4_000,
    run(input) {
      const text = input.toString('latin1');
      const ms = readRetryAfter(text, 1_792_000_000_000);
      mustHold(
        ms === undefined || (Number.isFinite(ms) && ms >= 0 && ms <= 86_400_000),
        'a wait lies between nothing and a day',
      );
      const length = readContentLength({ 'content-length': text });
      mustHold(length === undefined || (Number.isSafeInteger(length) && length >= 0), 'a length is a whole number');
      return `${ms === undefined ? 'none' : ms === 0 ? 'now' : ms === 86_400_000 ? 'most' : 'some'} ${length !== undefined}`;
    },
  },
  {
    name: 'content-encoding',
    shape: 'bytes',
    // The header, a line end, the body.
    seeds: [
      encoded('gzip', gzipSync(document)),
      encoded('gzip', document),
      encoded('deflate', deflateSync(document)),
      encoded('deflate', deflateRawSync(document)),
      encoded('br', brotliCompressSync(document)),
      encoded('gzip, br', brotliCompressSync(gzipSync(document))),
      encoded('identity', document),
      encoded('gzip', Buffer.concat([gzipSync(document), gzipSync(document)])),
      encoded('gzip', gzipSync(Buffer.alloc(4_000_000))),
    ],
    dictionary: ['gzip', 'x-gzip', 'br', 'deflate', 'identity', ',', '\n', '\u001f\u008b'],
    async run(input) {
      const lineEnd = Math.max(0, input.indexOf(0x0a));
      const layers = readContentEncoding(input.toString('latin1', 0, lineEnd));
      if (layers === undefined) return 'unknown';
      const body = input.subarray(lineEnd + 1);
      const outcomes: string[] = [];
      for (const decoded of [
        decodeBytes(inPieces(body), layers, 'source'),
        gunzipUnannounced(inPieces(body), 'source'),
      ])
        try {
          let bytes = 0;
          for await (const piece of boundedBytes(decoded, maxDecodedBytes, 'source')) bytes += piece.length;
          mustHold(bytes <= maxDecodedBytes, 'no more comes out than is allowed');
          outcomes.push('decoded');
        } catch (error) {
          outcomes.push(refusing([SourceBrokeOff], error));
        }
      return `${layers.join()} ${outcomes.join()}`;
    },
  },
  {
    name: 'location-header',
    shape: 'text',
    // Where each of several redirects leads, a line each.
    seeds: seeds(
      '/other',
      'https://cdn.example/x?sig=y#z\nhttps://cdn.example/z',
      'http://source.example/',
      '//cdn.example/a\n../b\n?c',
      'https://user:pw@h.example/',
      'javascript:x',
      'https://[::1]/',
    ),
    dictionary: [
      '\n',
      'https://',
      'http://',
      '//',
      '..',
      '?',
      '#',
      '@',
      'file://',
      'data:',
      '%',
      '\\',
      '[',
      'xn--',
      ':0',
      ':99999',
      '。',
    ],
    maxInputBytes: 8_000,
    run(input) {
      const lines = input.toString('latin1').split('\n');
      try {
        for (const [start, isSecure] of [
          ['https://source.example/v3/index.json', true],
          ['http://source.example/v3/', false],
        ] as const) {
          const scope = new CredentialScope(new URL(start));
          const route = new Route(new URL(start), isSecure);
          for (const line of lines) {
            const from = route.current;
            route.follow(line);
            const { protocol, username, password, hash } = route.current;
            mustHold(protocol === 'https:' || protocol === 'http:', 'only web addresses are asked');
            mustHold(from.protocol !== 'https:' || protocol === 'https:', 'no redirect leaves https');
            mustHold(username === '' && password === '' && hash === '', 'no redirect brings credentials');
            mustHold(
              !scope.covers(route.current, from) || route.current.hostname === 'source.example',
              'credentials stay at their host',
            );
          }
        }
        return `${Math.min(lines.length, 6)} redirects`;
      } catch (error) {
        return refusing([ForbiddenAddressError], error);
      }
    },
  },
  {
    name: 'credential-scope',
    shape: 'text',
    // The configured address, and one that is asked.
    seeds: seeds(
      'https://pkgs.dev.azure.com/org/_packaging/f/nuget/v3/index.json\nhttps://pkgs.dev.azure.com/org/x/',
      'https://nuget.pkg.github.com/owner/index.json\nhttps://nuget.pkg.github.com/other/index.json',
      'https://gitlab.example/api/v4/projects/7/packages/nuget/index.json\nhttps://gitlab.example/api/v4/projects/8/packages/nuget/',
      'https://pkgs.dev.azure.com/org/index.json\nhttps://pkgs.dev.azure.com/org/a%2Fb/c/',
      'https://www.myget.org/F/feed/api/v3/index.json\nhttps://www.myget.org/F/feed/auth/k/',
    ),
    dictionary: [
      '\n',
      '/',
      '..',
      '%2f',
      '%2e',
      '%2e%2e',
      '/%2e%2e',
      '%2f..%2f',
      '%5c',
      '\\',
      '//',
      'projects',
      'groups',
      '/packages/nuget',
      'ORG',
      '?',
      '#',
    ],
    maxInputBytes: 4_000,
    run(input) {
      const [configured = '', asked = ''] = textOf(input).split('\n');
      const [own, other] = [parseAddress(configured), parseAddress(asked)];
      if (own === undefined || other === undefined) return 'no addresses';
      if (!/^https?:$/.test(own.protocol) || !/^https?:$/.test(other.protocol)) return 'no web addresses';
      const scope = new CredentialScope(own);
      const covers = scope.covers(other);
      mustHold(!covers || own.origin === other.origin, 'credentials stay at their origin');
      mustHold(!covers || scope.coversConnection(other), 'what is covered is covered by its connection');
      const isShared = own.hostname === 'pkgs.dev.azure.com' || own.hostname === 'nuget.pkg.github.com';
      const owned = isShared ? /^\/+([^/]+)/.exec(own.pathname)?.[1] : undefined;
      if (covers && owned !== undefined) {
        const read = posix.normalize(decodedOnce(other.pathname)).toLowerCase();
        const isOwned = read.startsWith(`/${decodedOnce(owned).toLowerCase()}`);
        mustHold(isOwned, "what is covered is the owner's however a server reads it");
      }
      return `${covers} ${own.origin === other.origin}`;
    },
  },
];
