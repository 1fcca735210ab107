import test from 'ava';
import type { ExecutionContext } from 'ava';
import { join, resolve } from 'node:path';
import type { Environment } from '../../src/config/environment-layer.js';
import type { ConfigFlags } from '../../src/config/flag-layer.js';
import { loadConfig } from '../../src/config/load.js';
import { ConfigError, mistakeLine } from '../../src/config/mistake.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function load(t: ExecutionContext, yaml: string, environment: Environment = {}, flags: ConfigFlags = {}) {
  const folder = await temporaryFolder(t, { 'larder.yaml': yaml });
  return loadConfig({ config: join(folder, 'larder.yaml'), ...flags }, environment);
}

async function mistakes(
  t: ExecutionContext,
  yaml: string,
  environment: Environment = {},
  flags: ConfigFlags = {},
): Promise<string[]> {
  const error = await t.throwsAsync(load(t, yaml, environment, flags), { instanceOf: ConfigError });
  return error.mistakes.map((mistake) => mistakeLine(mistake).replace(/[^\s(]*\/larder-test-\w+\//g, ''));
}

const nothing = {};
/** Keeps a file of the working directory out of the test. */
const empty = '{}';

test('without any configuration everything has its default', async (t) => {
  const { config } = await load(t, empty);
  t.like(config, {
    listen: { host: '127.0.0.1', port: 6848 },
    store: { kind: 'level', path: resolve('data') },
    sources: [{ name: 'nuget.org', url: 'https://api.nuget.org/v3/index.json', packages: ['*'], maxConcurrent: 32 }],
    feeds: [{ name: 'default', sources: ['nuget.org'], onSourceFailure: 'stale' }],
    freshness: { versionsMs: 60_000, registrationMs: 300_000, serviceIndexMs: 600_000, missingMs: 30_000 },
    limits: {
      maxPackageBytes: 2e9,
      maxDocumentBytes: 128e6,
      maxVersionsPerId: 100_000,
      maxHeaderBytes: 32_768,
      memoryCacheBytes: 67_108_864,
      requestBudgetMs: 20_000,
    },
    shutdownGraceMs: 10_000,
    log: { level: 'info', format: 'auto' },
  });
});

test('flags beat environment, environment beats file, file beats defaults', async (t) => {
  const yaml = 'listen:\n  host: a.example\n  port: 1\nstore: { path: /a }\n';
  const { config, effective } = await load(
    t,
    yaml,
    { LARDER_LISTEN__PORT: '2', LARDER_STORE__PATH: '/b' },
    { data: '/c' },
  );
  t.like(config, { listen: { host: 'a.example', port: 2 }, store: { path: '/c' } });
  const origin = (path: string) => effective.find((value) => value.path === path)?.origin.text ?? 'absent';
  t.regex(origin('listen.host'), /larder\.yaml:2$/);
  t.is(origin('listen.port'), 'env LARDER_LISTEN__PORT');
  t.is(origin('store.path'), 'flag --data');
  t.is(origin('store.kind'), 'default');
});

test('JSON is read like YAML, with lines', async (t) => {
  const { config, effective } = await load(t, '{\n  "listen": {\n    "port": 81 },\n  "offline": true\n}');
  t.is(config.listen.port, 81);
  t.true(config.offline);
  t.regex(effective.find(({ path }) => path === 'listen.port')?.origin.text ?? '', /:3$/);
});

test('every mistake is told, each with its key, what is allowed and its line', async (t) => {
  const yaml = [
    'listen:',
    '  port: eighty',
    '  hots: x',
    'freshness: { versions: 5 parsecs, catalog: maybe }',
    'limits: { maxPackageBytes: 10, requestBudget: 0 }',
    'sources:',
    '  - name: a b',
    '    maxConcurrent: 0',
    'feeds: []',
    'port: 80',
  ].join('\n');
  t.deepEqual((await mistakes(t, yaml, { LARDER_OFFLINE: 'perhaps' })).sort(), [
    'feeds: must not be an empty list (larder.yaml:9)',
    'freshness.catalog: "maybe" is none of the choices; allowed: follow, off (larder.yaml:4)',
    'freshness.versions: "5 parsecs" is not a duration; allowed: a duration: 500ms, 30s, 10m, 2h, 1d, or a number of milliseconds (larder.yaml:4)',
    'limits.maxPackageBytes: "10" is too small; allowed: a size of 1kB or more: 64KiB, 128MB, 5GB, or a number of bytes (larder.yaml:5)',
    'limits.requestBudget: "0" is too small; allowed: a duration from 1ms to 24d: 500ms, 30s, 10m, 2h, or a number of milliseconds (larder.yaml:5)',
    'listen.hots: is no key of the configuration: did you mean host?; allowed: host, port, tls (larder.yaml:3)',
    'listen.port: "eighty" is not a whole number; allowed: a whole number from 0 to 65535 (larder.yaml:2)',
    'offline: "perhaps" is neither true nor false; allowed: true or false (env LARDER_OFFLINE)',
    'port: is no key of the configuration: did you mean listen.port?; allowed: listen, publicUrl, trustedProxies, store, sources, feeds, access, freshness, offline, prefetch, limits, shutdownGrace, log (larder.yaml:10)',
    'sources[0].maxConcurrent: "0" is too small; allowed: a whole number from 1 to 1024 (larder.yaml:8)',
    'sources[0].name: "a b" cannot stand here; allowed: letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 100 (larder.yaml:7)',
    'sources[0].url: is required; allowed: an address that begins with http:// or https://, or the path of a folder: /srv/packages, ./packages, file:///srv/packages (larder.yaml:7)',
  ]);
});

test('what this version cannot honour is refused by name', async (t) => {
  const yaml = [
    'store: { kind: s3, bucket: b }',
    'sources:',
    '  - { name: a, url: "http://a.example/" }',
    '  - { name: b, url: "http://b.example/", protocol: v2 }',
    'feeds: [{ name: default, sources: [a], policy: {} }]',
  ].join('\n');
  const lines = await mistakes(t, yaml, { LARDER_STORE__BUCKET: 'b' });
  for (const key of ['store.kind', 'store.bucket', 'sources[1].protocol', 'feeds[0].policy', 'LARDER_STORE__BUCKET'])
    t.true(
      lines.some((line) => line.startsWith(`${key}: `) && /not supported .*by this version/.test(line)),
      `${key} in ${lines.join('\n')}`,
    );
});

test('an environment variable reaches every kind of key, in any casing', async (t) => {
  const { config } = await load(t, empty, {
    larder_listen__port: '7',
    LARDER_TRUSTEDPROXIES__1: 'fd00::/8',
    LARDER_TRUSTEDPROXIES__0: '10.0.0.0/8',
    LARDER_SOURCES__0__NAME: 'internal',
    LARDER_SOURCES__0__URL: 'http://internal.example/v3/index.json',
    LARDER_SOURCES__0__AUTH__KIND: 'bearer',
    LARDER_SOURCES__0__AUTH__TOKEN: 'T0ken',
    LARDER_FEEDS__0__NAME: 'default',
    LARDER_FEEDS__0__SOURCES__0: 'internal',
    LARDER_SHUTDOWNGRACEMS: '3000',
    LARDER_PUBLICURL: '',
  });
  t.is(config.listen.port, 7);
  t.deepEqual(config.trustedProxies, ['10.0.0.0/8', 'fd00::/8']);
  t.like(config.sources[0], { name: 'internal', auth: { kind: 'bearer', token: { text: 'T0ken' } } });
  t.is(config.shutdownGraceMs, 3000);
  t.is(config.publicUrl, undefined);
});

test('an environment variable lies over one element of a list in the file', async (t) => {
  const yaml = 'sources:\n  - { name: a, url: "http://a.example/" }\n  - { name: b, url: "http://b.example/" }\n';
  const { config } = await load(t, yaml, {
    LARDER_SOURCES__1__MAXCONCURRENT: '4',
    LARDER_SOURCES__2__NAME: 'c',
    LARDER_SOURCES__2__URL: 'http://c.example/',
  });
  t.deepEqual(
    config.sources.map(({ name, maxConcurrent }) => [name, maxConcurrent]),
    [
      ['a', 32],
      ['b', 4],
      ['c', 32],
    ],
  );
});

test('a variable that names no key is a mistake, with what was meant', async (t) => {
  const lines = await mistakes(t, empty, {
    LARDER_PORT: '8080',
    LARDER_LISTEN_PORT: '8080',
    LARDER_STORE__PAHT: '/x',
    LARDER_SOURCES__1__PASWORD: 'hunter22',
    LARDER_LISTEN: 'x',
    LARDER_TRUSTEDPROXIES__3: '10.0.0.1',
  });
  const text = lines.join('\n');
  t.regex(text, /LARDER_PORT: .*did you mean LARDER_LISTEN__PORT\?/);
  t.regex(text, /LARDER_LISTEN_PORT: .*did you mean LARDER_LISTEN__PORT\?/);
  t.regex(text, /LARDER_STORE__PAHT: .*did you mean LARDER_STORE__PATH\?/);
  t.regex(text, /LARDER_SOURCES__1__PASWORD: /);
  t.regex(text, /LARDER_LISTEN: is no variable/);
  t.regex(text, /trustedProxies\[3\]: leaves a gap/);
  t.notRegex(text, /hunter22/);
});

test('what Kubernetes tells the pods of a service called larder is no mistake', async (t) => {
  const { config } = await load(t, empty, {
    LARDER_SERVICE_HOST: '10.0.0.1',
    LARDER_SERVICE_PORT: '6848',
    LARDER_SERVICE_PORT_HTTP: '6848',
    LARDER_PORT: 'tcp://10.0.0.1:6848',
    LARDER_PORT_6848_TCP: 'tcp://10.0.0.1:6848',
    LARDER_PORT_6848_TCP_PROTO: 'tcp',
    LARDER_PORT_6848_TCP_PORT: '6848',
    LARDER_PORT_6848_TCP_ADDR: '10.0.0.1',
    LARDER_METRICS_SERVICE_HOST: '10.0.0.2',
    LARDER_METRICS_PORT: 'tcp://10.0.0.2:1',
  });
  t.is(config.listen.port, 6848);
});

test('values are fetched from the environment and from files beside the configuration', async (t) => {
  const folder = await temporaryFolder(t, {
    'etc/larder.yaml': [
      'listen: { port: "env:PORT" }',
      'sources:',
      '  - name: a',
      '    url: http://a.example/',
      '    auth: { kind: basic, username: u, password: "file:secrets/password" }',
    ].join('\n'),
    'etc/secrets/password': 'p4ssw0rd \n',
  });
  const { config, effective } = await loadConfig({ config: join(folder, 'etc/larder.yaml') }, { PORT: '99' });
  t.is(config.listen.port, 99);
  t.like(config.sources[0]?.auth, {
    kind: 'basic',
    password: { text: 'p4ssw0rd ', file: join(folder, 'etc/secrets/password') },
  });
  t.is(effective.find(({ path }) => path.endsWith('password'))?.value, '******');
  t.notRegex(JSON.stringify(effective), /p4ssw0rd/);
});

test('a reference that leads nowhere is one mistake, and shows no other', async (t) => {
  const lines = await mistakes(t, 'listen: { port: "env:NOT_SET" }\nlog: { level: "file:absent" }', {
    NOT_SET: undefined,
  });
  t.is(lines.length, 2);
  t.regex(lines[0] ?? '', /^listen\.port: the environment variable NOT_SET is not set/);
  t.regex(lines[1] ?? '', /^log\.level: the file absent cannot be read \(ENOENT\)/);
});

test('a mistake never shows a secret: not the wrong one, not one that stands in the wrong place, not one in an address', async (t) => {
  const yaml = [
    'listen: { port: "env:SECRET", tls: { cert: x, key: "hunter2-key" } }',
    'sources:',
    '  - { name: a, url: "https://user:hunter2-url@a.example/" }',
    '  - { name: b, url: "http://b.example/", auth: { kind: bearer, token: "hunter2\\u0007token" } }',
  ].join('\n');
  const lines = await mistakes(t, yaml, { SECRET: 'hunter2-env' });
  t.is(lines.length, 5);
  t.notRegex(lines.join('\n'), /hunter2/);
  t.regex(lines.join('\n'), /sources\[0\]\.url: .*credentials belong in `auth`/);
});

test('a number keeps its spelling where text is wanted', async (t) => {
  const yaml =
    'sources: [{ name: 0123, url: "http://a.example/", auth: { kind: basic, username: 007, password: 1e3 } }]';
  const { config } = await load(t, yaml);
  t.like(config.sources[0], { name: '0123', auth: { username: '007', password: { text: '1e3' } } });
});

test('sources and feeds have names of their own, and feeds name sources that there are', async (t) => {
  const yaml = [
    'sources:',
    '  - { name: a, url: "http://a.example/" }',
    '  - { name: A, url: "http://b.example/" }',
    'feeds:',
    '  - { name: default, sources: [a, x, a] }',
    '  - { name: default, sources: [a] }',
  ].join('\n');
  t.deepEqual(await mistakes(t, yaml), [
    'sources[].name: "A" is the name of two sources (the other: larder.yaml:2); allowed: names that differ in more than upper and lower case (larder.yaml:3)',
    'feeds[].name: "default" is the name of two feeds (the other: larder.yaml:5); allowed: names that differ in more than upper and lower case (larder.yaml:6)',
    'feeds[0].sources[1]: "x" is no configured source; allowed: a, A (larder.yaml:5)',
    'feeds[0].sources[2]: "a" stands there twice (larder.yaml:5)',
  ]);
});

test('shutdownGraceMs is another spelling of shutdownGrace', async (t) => {
  t.is((await load(t, 'shutdownGraceMs: 2500')).config.shutdownGraceMs, 2500);
  t.is((await load(t, 'shutdownGrace: 2s')).config.shutdownGraceMs, 2000);
  t.is((await load(t, 'shutdownGraceMs: 2500', { LARDER_SHUTDOWNGRACE: '1s' })).config.shutdownGraceMs, 1000);
  t.regex((await mistakes(t, 'shutdownGrace: 2s\nshutdownGraceMs: 1')).join(), /write one of them/);
});

test('a key without a value counts as not written', async (t) => {
  const { config } = await load(t, 'listen:\npublicUrl:\nstore: ~\n');
  t.is(config.listen.port, 6848);
});

test('a file that is no YAML, holds a key twice or is no set of keys is a mistake with its line', async (t) => {
  t.regex(
    (await mistakes(t, 'listen: {\n  port: 1\nstore: [')).join('\n'),
    /cannot be read as YAML: .*larder\.yaml:\d/,
  );
  t.regex((await mistakes(t, 'offline: true\noffline: false')).join('\n'), /cannot be read as YAML: .*larder\.yaml:2/);
  t.regex((await mistakes(t, '- a\n- b')).join('\n'), /does not hold keys and values/);
});

test('an alias is followed, and one that holds itself ends', async (t) => {
  const yaml = [
    'sources:',
    '  - { name: a, url: "http://a.example/", timeouts: &patience { headers: 3s } }',
    '  - { name: b, url: "http://b.example/", timeouts: *patience }',
  ].join('\n');
  t.is((await load(t, yaml)).config.sources[1]?.timeouts.headersMs, 3000);
  t.regex((await mistakes(t, 'listen: &x\n  tls: *x')).join('\n'), /lies too deep/);
});

test('aliases of aliases that stand for billions of values are refused, and not read', async (t) => {
  const tenfold = (i: number) => `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`;
  const yaml = ['a0: &a0 x', ...Array.from({ length: 12 }, (_, i) => tenfold(i + 1))].join('\n');
  t.regex((await mistakes(t, yaml)).join('\n'), /its aliases stand for too much/);
  t.regex((await mistakes(t, 'listen: &x [*x, *x, *x]')).join('\n'), /its aliases stand for too much/);
});

test('a key called __proto__ is unknown like any other', async (t) => {
  t.regex((await mistakes(t, '{ "__proto__": { "offline": true } }')).join('\n'), /__proto__: is no key/);
});

test('a file that is named and not there is a mistake; the one that is not named need not be there', async (t) => {
  const error = await t.throwsAsync(loadConfig({ config: '/nowhere/larder.yaml' }, nothing), {
    instanceOf: ConfigError,
  });
  t.regex(error.message, /\/nowhere\/larder\.yaml does not exist.*\(flag --config\)/);
  const named = await t.throwsAsync(loadConfig({}, { LARDER_CONFIG: '/nowhere/l.yaml' }), { instanceOf: ConfigError });
  t.regex(named.message, /\/nowhere\/l\.yaml does not exist.*\(env LARDER_CONFIG\)/);
});

test('--source replaces the sources of the feed default, in the order given, and leaves those of other feeds', async (t) => {
  const yaml = [
    'sources:',
    '  - { name: a, url: "http://a.example/", auth: { kind: bearer, token: secret-a } }',
    '  - { name: b, url: "http://b.example/" }',
    '  - { name: claims, url: "http://c.example/", packages: ["Corp.*"] }',
    'feeds:',
    '  - { name: default, sources: [a, b] }',
    '  - { name: other, sources: [b] }',
  ].join('\n');
  const source = [
    { name: 'x', url: 'http://x.example/' },
    { name: 'a', url: 'http://new-a.example/' },
  ];
  const { config } = await load(t, yaml, nothing, { source });
  t.deepEqual(
    config.sources.map(({ name, url, auth }) => [name, url, auth.kind]),
    [
      ['x', 'http://x.example/', 'none'],
      ['a', 'http://new-a.example/', 'none'],
      ['b', 'http://b.example/', 'none'],
      ['claims', 'http://c.example/', 'none'],
    ],
  );
  t.deepEqual(
    config.feeds.map(({ name, sources }) => [name, sources]),
    [
      ['default', ['x', 'a']],
      ['other', ['b']],
    ],
  );
});

test('--source alone leaves nothing of the default source', async (t) => {
  const { config } = await load(t, empty, nothing, { source: [{ name: 'x', url: 'http://x.example/' }] });
  t.deepEqual(
    config.sources.map(({ name }) => name),
    ['x'],
  );
  t.deepEqual(config.feeds[0]?.sources, ['x']);
});

test('the public address ends in a slash', async (t) => {
  t.is((await load(t, 'publicUrl: https://n.example/nuget')).config.publicUrl, 'https://n.example/nuget/');
  t.regex((await mistakes(t, 'publicUrl: https://n.example/?x=1')).join(), /has a query/);
});
