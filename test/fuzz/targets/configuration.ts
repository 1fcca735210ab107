import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { addConfigOptions } from '../../../src/cli/config-options.js';
import { leafVariables } from '../../../src/config/environment-layer.js';
import type { Environment } from '../../../src/config/environment-layer.js';
import type { ConfigFlags } from '../../../src/config/flag-layer.js';
import { walkKeys } from '../../../src/config/key-tree.js';
import { loadConfig } from '../../../src/config/load.js';
import { ConfigError } from '../../../src/config/mistake.js';
import { readProxyEnvironment } from '../../../src/config/proxy-environment.js';
import { parseDuration, parseSize } from '../../../src/config/units.js';
import { throughEnvironment, throughProxy } from '../../../src/sources/transport/proxy.js';
import { repositoryRoot } from '../../support/repository-root.js';
import { mustHold, refusing, textOf } from '../target.js';
import type { Outcome, Target } from '../target.js';

const folder = mkdtempSync(join(tmpdir(), 'larder-fuzz-config-'));
const file = join(folder, 'larder.yaml');
const seeds = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const secret = 'a-secret-that-nobody-may-see';
const environment = { A_SECRET: secret, EMPTY: '' };
/** Files are not read here, whatever an input names: some never end. */
const withoutFiles = (text: string) => text.replace(/file\s*:/gi, 'fil_:');

const shipped = readFileSync(join(repositoryRoot, 'config/larder.yaml'), 'utf8');
const everything = `
listen: { host: 0.0.0.0, port: 8080 }
publicUrl: https://nuget.corp.example/x
trustedProxies: [10.0.0.0/8, "::1"]
sources:
  - name: internal
    url: https://user.example/v3/index.json
    packages: ["Corp.*", Exact]
    auth: { kind: basic, username: build, password: env:A_SECRET }
    proxy: http://u:p@proxy:3128
    timeouts: { headers: 10s, idle: 30s }
  - { name: other, url: "https://o.example/index.json", auth: { kind: bearer, token: env:A_SECRET } }
feeds:
  - { name: default, sources: [internal, other], onSourceFailure: partial }
freshness: { versions: 60s, missing: 0 }
offline: false
access: { anonymousRead: false, keys: [ { name: ci, key: env:A_SECRET, scopes: [read], feeds: [default] } ] }
limits: { maxPackageBytes: 2GB, maxDocumentBytes: 128MiB }
log: { level: info, format: json }
`;
const keys = [...walkKeys()].map(({ path }) => path.split('.').at(-1)?.replace('[]', '') ?? '');
const words = [
  ...new Set(keys),
  '30s',
  '1.5h',
  '2GB',
  '5XB',
  'env:A_SECRET',
  'env:NONE',
  'null',
  '~',
  '*',
  '&a',
  '*a',
  '<<: ',
  '- ',
  ': ',
  '!!binary ',
  '!!js/function ',
  '{',
  '}',
  '[',
  ']',
  '|',
  '>',
  '"',
  "'",
  '#',
  '---',
  '...',
  '%YAML 1.1',
  '\t',
  '0x1F',
  '0o17',
  '.inf',
  '1_000',
  'yes',
  '2026-01-01',
  '__proto__',
];

const secretKeys = new Set(
  [...walkKeys()].flatMap(({ path, key }) => (key.kind === 'leaf' && key.note.secret === true ? [path] : [])),
);
const isSecretKey = (path: string) => secretKeys.has(path.replace(/\[\d+\]/g, '[]'));

export const targets: readonly Target[] = [
  {
    name: 'configuration-file',
    maxHoldMs: 1_000,
    shape: 'text',
    seeds: seeds(
      shipped.slice(0, 1500),
      everything,
      JSON.stringify({
        listen: { port: 0 },
        sources: [{ name: 'a', url: 'https://a.example/v3/index.json' }],
        freshness: { versions: '5m' },
      }),
      'a: &a [x, x]\nb: &b [*a, *a]\nlisten: *b\n',
      'a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: &d [*c, *c, *c]\ne: &e [*d, *d, *d]\nf: &f [*e, *e, *f]\n',
      'sources: &s\n  - {name: a, url: "https://a.example/"}\nfeeds: [{name: default, <<: {sources: [a]}}]\n',
    ),
    dictionary: words,
    maxInputBytes: 16_384,
    run(input) {
      writeFileSync(file, withoutFiles(textOf(input)));
      return load({ config: file }, environment);
    },
  },
  {
    name: 'configuration-environment',
    maxHoldMs: 1_000,
    shape: 'text',
    // Variables, a line each.
    seeds: seeds(
      'LARDER_LISTEN__PORT=8080\nLARDER_OFFLINE=true\nLARDER_FRESHNESS__VERSIONS=30s',
      'LARDER_SOURCES__0__NAME=a\nLARDER_SOURCES__0__URL=https://a.example/v3/index.json\nLARDER_SOURCES__1__URL=x',
      'HTTP_PROXY=http://u:p@proxy:3128\nNO_PROXY=localhost,.example\nLARDER_LISTEN_PORT=80',
      'LARDER_ACCESS__KEYS__0__KEY=env:A_SECRET\nLARDER_ACCESS__KEYS__0__NAME=ci',
    ),
    dictionary: [
      ...leafVariables().map((name) => name.replaceAll('<n>', '0')),
      '__',
      '=',
      '\n',
      'LARDER_',
      'env:A_SECRET',
      '__proto__',
      '9999',
    ],
    maxInputBytes: 8_000,
    run(input) {
      const variables: Record<string, string> = { ...environment };
      for (const line of withoutFiles(textOf(input)).split('\n')) {
        const [, name, value] = /^([^=\0]+)=([^\0]*)$/.exec(line) ?? [];
        if (name !== undefined && value !== undefined && name !== 'LARDER_CONFIG') variables[name] = value;
      }
      writeFileSync(file, everything);
      return load({ config: file }, variables);
    },
  },
  {
    name: 'configuration-flags',
    maxHoldMs: 1_000,
    shape: 'text',
    // Arguments, a line each.
    seeds: seeds(
      '--port\n8080\n--host\n0.0.0.0',
      '--source\na=https://a.example/v3/index.json\n--source\nb=./packages\n--offline',
      '--data\n./x',
      '--port=0',
    ),
    dictionary: [
      '\n',
      '--port',
      '--host',
      '--source',
      '--data',
      '--offline',
      '=',
      'a=',
      '--',
      '-',
      '--no-offline',
      'internal=https://x.example/',
    ],
    maxInputBytes: 4_000,
    async run(input) {
      const command = addConfigOptions(new Command('serve'))
        .exitOverride()
        .configureOutput({ writeErr: () => {}, writeOut: () => {} });
      try {
        command.parse(withoutFiles(textOf(input)).split('\n'), { from: 'user' });
      } catch (error) {
        return refusing([CommanderError], error);
      }
      writeFileSync(file, everything);
      return load({ ...command.opts<ConfigFlags>(), config: file }, environment);
    },
  },
  {
    name: 'proxy-address',
    shape: 'text',
    // HTTP_PROXY, HTTPS_PROXY, NO_PROXY, a line each.
    seeds: seeds(
      'http://proxy:3128\nhttps://u:p%40@proxy.example:8443\nlocalhost,.corp.example,10.0.0.0/8:80',
      'proxy:3128',
      '[::1]:8080\n\n*',
      'socks5://x',
    ),
    dictionary: ['\n', 'http://', 'https://', '@', ':', '%', '%zz', '[', ']', '*', '.', ',', ' ', '/', '?', '#'],
    maxInputBytes: 2_000,
    async run(input) {
      const [http_proxy = '', https_proxy = '', no_proxy = ''] = textOf(input).split('\n');
      const mistakes: never[] = [];
      const proxies = readProxyEnvironment({ http_proxy, https_proxy, no_proxy }, mistakes);
      if (proxies === undefined) return `${mistakes.length} mistakes`;
      const options = { pool: {}, toProxy: {}, toSource: {} };
      const ways = [
        throughEnvironment(proxies, options),
        ...[proxies.httpProxy, proxies.httpsProxy].flatMap((address) =>
          address === undefined ? [] : [throughProxy(address, options)],
        ),
      ];
      for (const way of ways) {
        for (const url of ['http://a.example/', 'https://a.corp.example/x']) {
          const proxy = way.proxyOf(new URL(url));
          mustHold(proxy === undefined || !proxy.includes('@'), 'a proxy is named without its password');
        }
        await way.dispatcher.close();
      }
      return `${ways.length} ways, ${mistakes.length} mistakes`;
    },
  },
  {
    name: 'quantity',
    shape: 'text',
    seeds: seeds('30s', '1.5h', '250ms', '10', '5GB', '2MiB', '0', ' 7 d '),
    dictionary: ['ms', 's', 'm', 'h', 'd', 'KB', 'MiB', 'TiB', '.', 'e', '-', '__proto__', 'constructor'],
    maxInputBytes: 20_000,
    run(input) {
      const amounts = [parseDuration(textOf(input)), parseSize(textOf(input))];
      for (const amount of amounts)
        mustHold(amount === undefined || (Number.isSafeInteger(amount) && amount >= 0), 'an amount is a whole number');
      return amounts.map((amount) => (amount === undefined ? 'none' : amount === 0 ? 'nothing' : 'some')).join();
    },
  },
];

async function load(flags: ConfigFlags, variables: Environment): Promise<Outcome> {
  try {
    const { effective, config } = await loadConfig(flags, variables);
    for (const { path, value } of effective)
      mustHold(value === undefined || value === '******' || !isSecretKey(path), 'the value of a secret key is masked');
    return `loaded, ${Math.min(config.sources.length, 3)} sources`;
  } catch (error) {
    if (error instanceof ConfigError) {
      mustHold(!error.message.includes(secret), 'a mistake holds no secret');
      mustHold(error.mistakes.length > 0, 'an error tells of a mistake');
    }
    return refusing([ConfigError], error);
  }
}
