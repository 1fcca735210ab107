import test from 'ava';
import { walkKeys } from '../../src/config/key-tree.js';
import { configSchema } from '../../src/config/schema.js';
import { secretsOf } from '../../src/config/secrets.js';

test('every secret of the configuration is found', (t) => {
  const url = 'http://a.example/';
  const pem = (body: string) => `-----BEGIN X-----\n${body}\n-----END X-----`;
  const config = configSchema.parse({
    listen: { tls: { cert: pem('public'), key: pem('private') } },
    sources: [
      { name: 'a', url, auth: { kind: 'basic', username: 'u', password: 'pass' } },
      { name: 'b', url, auth: { kind: 'bearer', token: 'token' } },
      { name: 'c', url, auth: { kind: 'apiKey', header: 'X-Key', key: 'apikey' } },
      { name: 'd', url, proxy: 'http://me:p%40ss@proxy.example:3128' },
      { name: 'e', url },
    ],
    access: { keys: [{ name: 'e', key: 'client-key' }] },
  });
  const proxies = { httpsProxy: 'http://us:env@proxy.example' };
  t.deepEqual(secretsOf({ ...config, proxies }), [
    'pass',
    'u:pass',
    'token',
    'apikey',
    ...['p%40ss', 'p@ss', 'me:p@ss'],
    ...['env', 'us:env'],
    'client-key',
    pem('private'),
  ]);
});

test('password, token and keys are the secrets of the schema', (t) => {
  const secrets = [...walkKeys()].filter(({ key }) => key.kind === 'leaf' && key.note.secret).map(({ path }) => path);
  t.deepEqual(secrets, [
    'listen.tls.key',
    'sources[].auth.password',
    'sources[].auth.token',
    'sources[].auth.key',
    'sources[].auth.passphrase',
    'access.keys[].key',
  ]);
});
