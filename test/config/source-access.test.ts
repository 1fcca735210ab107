import test from 'ava';
import type { ExecutionContext } from 'ava';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../src/config/environment-layer.js';
import { loadConfig } from '../../src/config/load.js';
import { ConfigError } from '../../src/config/mistake.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { certificateFile } from '../support/tls-server.js';

async function load(t: ExecutionContext, settings: string, environment: Environment = {}) {
  const source = `  - name: a\n    url: https://a.example/\n    ${settings}\n`;
  const folder = await temporaryFolder(t, { 'larder.yaml': `sources:\n${source}` });
  for (const name of ['authority.pem', 'client.pem', 'client.key', 'client2.key', 'client.encrypted.key'])
    await copyFile(certificateFile(name), join(folder, name));
  return loadConfig({ config: join(folder, 'larder.yaml') }, environment);
}

async function mistake(t: ExecutionContext, settings: string, environment: Environment = {}): Promise<string> {
  const error = await t.throwsAsync(load(t, settings, environment), { instanceOf: ConfigError });
  return error.message;
}

test('a value that rotates knows the file it stands in, and only then', async (t) => {
  const { config } = await load(t, 'ca: file:authority.pem\n    proxy: http://p.example:3128');
  t.regex(config.sources[0]?.ca?.file ?? '', /^\/.*\/authority\.pem$/);
  t.deepEqual(config.sources[0]?.proxy, { text: 'http://p.example:3128' });
});

test('a key that does not open, or belongs to another certificate, is a mistake and is not shown', async (t) => {
  const auth = (key: string, more = '') =>
    `auth: { kind: certificate, cert: file:client.pem, key: "file:${key}"${more} }`;
  await t.notThrowsAsync(load(t, auth('client.key')));
  await t.notThrowsAsync(load(t, auth('client.encrypted.key', ', passphrase: open-sesame')));
  for (const wrong of [
    auth('client2.key'),
    auth('client.encrypted.key'),
    auth('client.encrypted.key', ', passphrase: x'),
  ]) {
    const told = await mistake(t, wrong);
    t.regex(
      told,
      /^sources\[0\]\.auth\.key: its value cannot be read, is encrypted .*does not belong to the certificate/,
    );
    t.notRegex(told, /BEGIN/);
  }
});

test('an authority must be certificates, a proxy an address, a further host a name', async (t) => {
  t.regex(await mistake(t, 'ca: corp.pem'), /^sources\[0\]\.ca: "corp\.pem" is not one or more certificates in PEM/);
  t.regex(await mistake(t, 'proxy: socks5://p.example'), /^sources\[0\]\.proxy: .* is not the address of a proxy/);
  t.regex(await mistake(t, 'proxy: "http://%:31@p.example"'), /is not the address of a proxy/);
  const told = await mistake(t, 'proxy: "http://me:hunter2@p.example/path"');
  t.regex(told, /is not the address of a proxy/);
  t.notRegex(told, /hunter2/);
  const auth = (host: string) => `auth: { kind: bearer, token: T0ken, hosts: ["${host}"] }`;
  for (const host of ['http://dl.example/', 'dl.example/path', '*'])
    t.regex(await mistake(t, auth(host)), /^sources\[0\]\.auth\.hosts\[0\]: .* cannot stand here/);
  t.like((await load(t, auth('dl.example:8443'))).config.sources[0]?.auth, { hosts: ['dl.example:8443'] });
});

test('a password in the address of a proxy is not shown by check', async (t) => {
  const { effective } = await load(t, 'proxy: "http://me:hunter2@p.example:3128/"');
  t.is(effective.find(({ path }) => path === 'sources[0].proxy')?.value, 'http://******@p.example:3128/');
});

test('the proxies of the environment are read in lower case first, and an address without scheme is one of http', async (t) => {
  const environment = {
    HTTP_PROXY: 'http://upper.example',
    http_proxy: 'lower.example:3128',
    NO_PROXY: '.corp.example',
  };
  t.deepEqual((await load(t, 'maxConcurrent: 1', environment)).config.proxies, {
    httpProxy: 'http://lower.example:3128',
    noProxy: '.corp.example',
  });
  const off = { HTTPS_PROXY: 'http://upper.example', https_proxy: '' };
  t.is((await load(t, 'maxConcurrent: 1', off)).config.proxies, undefined);
});

test('a proxy of the environment that cannot be used is a mistake where a source would use it', async (t) => {
  const environment = { HTTPS_PROXY: 'socks5://me:hunter2@p.example' };
  const told = await mistake(t, 'maxConcurrent: 1', environment);
  t.regex(told, /^HTTPS_PROXY: its value is not the address of a proxy; .*\(env HTTPS_PROXY\)/);
  t.notRegex(told, /hunter2/);
  t.is((await load(t, 'proxy: none', environment)).config.proxies, undefined);
});
