import test from 'ava';
import { Credentials } from '../../../src/sources/transport/credentials.js';

const url = new URL('https://feed.example/v3/index.json');

test('each kind of auth has its header', (t) => {
  t.deepEqual(new Credentials(url, { kind: 'basic', username: 'üser', password: 'a:b' }).headersFor(url), {
    authorization: `Basic ${Buffer.from('üser:a:b').toString('base64')}`,
  });
  t.deepEqual(new Credentials(url, { kind: 'bearer', token: 'T' }).headersFor(url), { authorization: 'Bearer T' });
  t.deepEqual(new Credentials(url, { kind: 'apiKey', header: 'X-NuGet-ApiKey', key: 'K' }).headersFor(url), {
    'x-nuget-apikey': 'K',
  });
  t.deepEqual(new Credentials(url, { kind: 'none' }).headersFor(url), {});
});

test('a stray % in user info stands for itself', (t) => {
  const withUser = new URL('https://me:100%25%@feed.example/');
  t.deepEqual(new Credentials(withUser).headersFor(withUser), {
    authorization: `Basic ${Buffer.from('me:100%25%').toString('base64')}`,
  });
});

test('user info in the configured address counts as basic auth', (t) => {
  const withUser = new URL('https://me:p%40ss@feed.example/v3/index.json');
  t.deepEqual(new Credentials(withUser).headersFor(url), {
    authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
  });
});

for (const other of [
  'http://feed.example/',
  'https://feed.example:8443/',
  'https://feed.example.evil/',
  'https://x.feed.example/',
])
  test(`credentials of https://feed.example are not for ${other}`, (t) => {
    t.deepEqual(new Credentials(url, { kind: 'bearer', token: 'T' }).headersFor(new URL(other)), {});
  });

test('another path of the same origin gets them', (t) => {
  const headers = new Credentials(url, { kind: 'bearer', token: 'T' }).headersFor(new URL('https://feed.example/flat'));
  t.deepEqual(headers, { authorization: 'Bearer T' });
});
