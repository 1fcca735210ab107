import test from 'ava';
import type { ExecutionContext } from 'ava';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../src/config/load.js';
import { ConfigError, mistakeLine } from '../../src/config/mistake.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function load(t: ExecutionContext, yaml: string, flags: Parameters<typeof loadConfig>[0] = {}) {
  const folder = await temporaryFolder(t, { 'larder.yaml': yaml });
  return loadConfig({ config: join(folder, 'larder.yaml'), ...flags }, {});
}

async function mistakes(t: ExecutionContext, source: string): Promise<string[]> {
  const error = await t.throwsAsync(load(t, `sources: [${source}]`), { instanceOf: ConfigError });
  return error.mistakes.map((mistake) => mistakeLine(mistake).replace(/ \([^(]*larder\.yaml:1\)$/, ''));
}

const posixOnly = process.platform === 'win32' ? test.skip : test;

for (const [written, path] of [
  ['/srv/nuget packages', resolve('/srv/nuget packages')],
  ['/srv/packages/', resolve('/srv/packages')],
  ['./packages', resolve('packages')],
  ['../packages', resolve('../packages')],
  ['.', resolve('.')],
  ['packages/local', resolve('packages/local')],
  ['~/packages', join(homedir(), 'packages')],
  [pathToFileURL(resolve('/srv/a b')).href, resolve('/srv/a b')],
] as const)
  test(`${written} is a folder, seen from the working directory`, async (t) => {
    for (const protocol of ['', ', protocol: auto', ', protocol: folder']) {
      const { config } = await load(t, `sources: [{ name: local, url: "${written}"${protocol} }]`);
      t.like(config.sources[0], { url: path, protocol: 'folder' });
    }
  });

test('an address of a source may still be kept in a file', async (t) => {
  const folder = await temporaryFolder(t, {
    'larder.yaml': 'sources: [{ name: a, url: "file:where.txt" }]',
    'where.txt': '/srv/packages\n',
  });
  const { config } = await loadConfig({ config: join(folder, 'larder.yaml') }, {});
  t.like(config.sources[0], { url: resolve('/srv/packages'), protocol: 'folder' });
});

test('--source takes a folder, and an address stays one', async (t) => {
  const { config, effective } = await load(t, '{}', {
    source: [
      { name: 'local', url: './packages' },
      { name: 'far', url: 'https://far.example/v3/index.json' },
    ],
  });
  t.like(config.sources, [
    { name: 'local', url: resolve('packages'), protocol: 'folder' },
    { name: 'far', url: 'https://far.example/v3/index.json', protocol: 'auto' },
  ]);
  t.is(effective.find(({ path }) => path === 'sources[0].url')?.value, './packages');
});

test('what is neither an address nor surely a folder is asked about', async (t) => {
  const lines = async (url: string) => (await mistakes(t, `{ name: a, url: '${url}' }`)).join();
  t.regex(
    await lines('feed.example/v3/index.json'),
    /^sources\[0\]\.url: .* may be an address or a folder: write https:\/\/ or \.\/ before it; allowed: /,
  );
  t.regex(await lines('feed.example:8080/v3/index.json'), /may be an address or a folder/);
  t.regex(await lines('ftp://feed.example/'), /neither an http address nor the path of a folder/);
  t.regex(await lines('   '), /neither an http address nor the path of a folder/);
  t.regex(await lines('file:///a%2Fb'), /no file address of this machine/);
});

posixOnly('a path of Windows is told as one', async (t) => {
  for (const url of ['C:\\packages', 'C:/packages', '\\\\server\\share'])
    t.regex(
      (await mistakes(t, `{ name: a, url: '${url}' }`)).join(),
      /is a path of Windows, and this is another system/,
    );
});

test('what belongs to an address cannot stand at a folder', async (t) => {
  t.deepEqual(await mistakes(t, '{ name: a, url: ./p, auth: { kind: bearer, token: T } }'), [
    'sources[0].auth: cannot stand at a folder: files are read with the rights of the user that Larder runs as',
  ]);
  t.true(
    (await mistakes(t, '{ name: a, url: ./p, proxy: "http://p:1" }')).includes(
      'sources[0].proxy: cannot stand at a folder: files are read with the rights of the user that Larder runs as',
    ),
  );
  t.deepEqual(await mistakes(t, '{ name: a, url: ./p, protocol: v3 }'), [
    'sources[0].protocol: "v3" is spoken over http, and the url of this source is a folder; allowed: auto, folder',
  ]);
  t.deepEqual(await mistakes(t, '{ name: a, url: "http://a.example/", protocol: folder }'), [
    'sources[0].protocol: "folder" goes with the path of a folder, and the url of this source is an http address; allowed: auto, v3',
  ]);
  const { config } = await load(t, 'sources: [{ name: a, url: ./p, auth: { kind: none }, packages: ["Corp.*"] }]');
  t.like(config.sources[0], { protocol: 'folder', packages: ['Corp.*'] });
});
