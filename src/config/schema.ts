import { resolve } from 'node:path';
import * as z from 'zod';
import { accessSchema } from './access-schema.js';
import { age, choice, count, network, notes, publicAddress, secret, size, text, timeLimit, yesNo } from './leaf.js';
import type { ProxyEnvironment } from './proxy-environment.js';
import { nameAllowed, namePattern, sourceSchema } from './source-schema.js';

const pem = /^-----BEGIN [^]*-----END /;

const listen = z
  .strictObject({
    host: text(
      'The address to listen on. `0.0.0.0` or `::` is every network of the machine.',
      'a host name or IP address',
      /^[A-Za-z0-9.:_-]+$/,
    ).prefault('127.0.0.1'),
    port: count('The port to listen on; 0 takes any free one.', { atLeast: 0, atMost: 65535 }).prefault(6848),
    tls: z
      .strictObject({
        cert: text('The certificate, with its chain.', 'PEM text, best as file:PATH', pem),
        key: secret('The private key.', 'PEM text, best as file:PATH', pem),
      })
      .register(notes, { about: 'Serve https. Without it, http.', allowed: '{ cert, key }' })
      .optional(),
  })
  .register(notes, { about: 'Where the server listens.', allowed: '{ host, port, tls }' });

const store = z
  .strictObject({
    kind: choice('What keeps the packages.', ['level']).prefault('level'),
    path: text(
      'The folder of the store, seen from the working directory. One process owns it at a time.',
      'a path',
    ).prefault('./data'),
    maxBytes: size(
      'What the store may take on disk, everything in it included. Packages that were not used lately make room for others, except those that no source can give back. Without it nothing is evicted: the disk is the limit.',
      {
        text: '64MB',
        bytes: 64e6,
      },
    ).optional(),
  })
  .register(notes, { about: 'Where packages and facts are kept.', allowed: '{ kind, path, maxBytes }' })
  .transform(({ path, ...rest }) => ({ ...rest, path: resolve(path) }));

const feed = z
  .strictObject({
    name: text(
      'The name of the feed. `default` is served at `/v3/index.json`, every feed at `/feeds/{name}/v3/index.json`.',
      nameAllowed,
      namePattern,
    ),
    sources: z
      .array(
        text(
          'The names of its sources. Their order is their precedence.',
          'the name of a configured source',
          namePattern,
        ),
      )
      .min(1)
      .optional(),
    onSourceFailure: choice(
      'What to answer in lists and documents while a source cannot be had. `stale`: what it said last, of any age, else 503. `fail`: 503. `partial`: what it said last, else what the other sources have, with a warning.',
      ['stale', 'fail', 'partial'],
    ).prefault('stale'),
  })
  .register(notes, {
    about: 'What is served under one address: sources in order of precedence.',
    allowed: '{ name, sources, onSourceFailure }',
  });

const freshness = z
  .strictObject({
    versions: age('How long a version list counts as fresh.').prefault('60s'),
    registration: age('How long registration counts as fresh.').prefault('5m'),
    serviceIndex: age(
      "How long a source's service index counts as fresh, and what it says of its signatures.",
    ).prefault('10m'),
    missing: age('How long a source is believed that it does not have an id.').prefault('30s'),
    search: age('How long what a source answered to a search is used without asking again.').prefault('30s'),
    vulnerabilities: age('How long what a source knows of vulnerabilities counts as fresh.').prefault('1h'),
    catalog: choice(
      "Whether to follow a source's catalog, where it has one: what the catalog does not name stays fresh without asking, what it names is asked for at once. `off`: the times above alone count.",
      ['follow', 'off'],
    ).prefault('follow'),
  })
  .register(notes, {
    about: 'How long what a source said is used without asking again.',
    allowed: '{ versions, registration, … }',
  })
  .transform(({ versions, registration, serviceIndex, missing, search, vulnerabilities, catalog }) => ({
    versionsMs: versions,
    registrationMs: registration,
    serviceIndexMs: serviceIndex,
    missingMs: missing,
    searchMs: search,
    vulnerabilitiesMs: vulnerabilities,
    catalog,
  }));

const atLeast1kB = { text: '1kB', bytes: 1000 };

const limits = z
  .strictObject({
    maxPackageBytes: size('The largest package taken from a source.', atLeast1kB).prefault('2GB'),
    maxDocumentBytes: size('The largest document taken from a source, unpacked.', atLeast1kB).prefault('128MB'),
    maxVersionsPerId: count('The most versions of one id taken from a source.', {
      atLeast: 1,
      atMost: 10_000_000,
    }).prefault(100_000),
    maxHeaderBytes: size('The most header bytes taken in one request from a client or one answer from a source.', {
      text: '4KiB',
      bytes: 4096,
    }).prefault('32KiB'),
    memoryCacheBytes: size(
      'Memory for finished answers: documents, and packages of up to 256 KiB in what documents leave of it.',
      { text: '1MiB', bytes: 2 ** 20 },
    ).prefault('64MiB'),
    maxRequests: count(
      'Requests under way at one time, what memory answers not counted; what is more is told 503 and when to come again. One restore may bring 200.',
      { atLeast: 1, atMost: 1_000_000 },
    ).prefault(10_000),
    maxConnections: count('Connections of clients at one time; what is more is closed at once.', {
      atLeast: 1,
      atMost: 1_000_000,
    }).prefault(20_000),
    clientIdle: timeLimit(
      'How long nothing may move on a connection before it is closed: a client that does not read its answer holds nothing for longer.',
    ).prefault('2m'),
    passThroughBytes: size(
      'Memory for packages on their way while the store cannot take them: its disk is full or does not work.',
      { text: '1MiB', bytes: 2 ** 20 },
    ).prefault('256MB'),
    requestBudget: timeLimit('What one request of a client may spend on all its sources and their retries.').prefault(
      '20s',
    ),
  })
  .register(notes, {
    about: 'What is refused for being too much.',
    allowed: '{ maxPackageBytes, maxDocumentBytes, … }',
  })
  .transform(({ requestBudget, clientIdle, ...rest }) => ({
    ...rest,
    requestBudgetMs: requestBudget,
    clientIdleMs: clientIdle,
  }));

const prefetch = z
  .strictObject({
    closure: yesNo(
      'Fetch what a package depends on before the restore asks for it. docs/prefetch.md tells how far that goes.',
    ).prefault(true),
    maxConcurrent: count('Requests to all sources together that no client waits for, at a time.', {
      atLeast: 1,
      atMost: 1000,
    }).prefault(8),
  })
  .register(notes, { about: 'Thinking ahead of a restore.', allowed: '{ closure, maxConcurrent }' });

const log = z
  .strictObject({
    level: choice('The least severe entries that are written.', [
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'silent',
    ]).prefault('info'),
    format: choice('`auto` is pretty on a terminal and JSON elsewhere.', ['auto', 'pretty', 'json']).prefault('auto'),
  })
  .register(notes, {
    about: 'The log, on standard output. JSON lines go out together: at once from `warn` on, else within 50 ms.',
    allowed: '{ level, format }',
  });

/** The one schema of the configuration: every key that has an effect, with its default. Ages and sizes leave it as ms and bytes. */
export const configSchema = z
  .strictObject({
    listen: listen.prefault({}),
    publicUrl: publicAddress(
      'The address that clients know the server by. Without it, the address of each request is used.',
    ).optional(),
    trustedProxies: z.array(network('Proxies whose `X-Forwarded-*` headers are believed.')).prefault([]),
    store: store.prefault({}),
    sources: z
      .array(sourceSchema)
      .min(1)
      .prefault([{ name: 'nuget.org', url: 'https://api.nuget.org/v3/index.json' }]),
    feeds: z
      .array(feed)
      .min(1)
      .prefault([{ name: 'default' }]),
    access: accessSchema.prefault({}),
    freshness: freshness.prefault({}),
    offline: yesNo('Never ask a source: serve what is kept, of any age.').prefault(false),
    prefetch: prefetch.prefault({}),
    limits: limits.prefault({}),
    shutdownGrace: timeLimit(
      'How long requests in flight may go on after SIGTERM. May be written `shutdownGraceMs`.',
    ).prefault('10s'),
    log: log.prefault({}),
  })
  .transform(({ feeds, shutdownGrace, ...rest }) => ({
    ...rest,
    feeds: feeds.map((feed) => ({ ...feed, sources: feed.sources ?? rest.sources.map((source) => source.name) })),
    shutdownGraceMs: shutdownGrace,
  }));

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** The configuration in effect. Holds secrets in the clear (`sources[].auth`, `access.keys[].key`, `listen.tls.key`): never log it. */
export type Config = Frozen<z.output<typeof configSchema>> & {
  /** What the environment says on proxies; absent where it says nothing. */
  readonly proxies?: ProxyEnvironment;
};
export type FeedConfig = Config['feeds'][number];
export type SourceConfig = Config['sources'][number];

/** Other spellings of a key, at the top level. */
export const aliases: ReadonlyMap<string, string> = new Map([['shutdownGraceMs', 'shutdownGrace']]);
