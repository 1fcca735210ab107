import test from 'ava';
import fc from 'fast-check';

import { presentedKeys } from '../../src/http/credentials.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const texts = (headers: Parameters<typeof presentedKeys>[0]) => presentedKeys(headers)?.map(String);

test('a key is the password of Basic whatever the user name, the token of Bearer, or X-NuGet-ApiKey', (t) => {
  for (const user of ['any', '', 'token', 'user@corp.example', 'ü'])
    t.deepEqual(texts({ authorization: `Basic ${base64(`${user}:the-key`)}` }), ['the-key'], user);
  t.deepEqual(texts({ authorization: `basic  ${base64('u:a:b:c')}` }), ['a:b:c'], 'passwords may hold colons');
  t.deepEqual(texts({ authorization: 'Bearer the-key' }), ['the-key']);
  t.deepEqual(texts({ authorization: 'BEARER the-key' }), ['the-key']);
  t.deepEqual(texts({ 'x-nuget-apikey': 'the-key' }), ['the-key']);
  t.deepEqual(texts({ authorization: 'Bearer one', 'x-nuget-apikey': 'two' }), ['one', 'two']);
});

test('nothing sent is not the same as something without a key', (t) => {
  t.is(presentedKeys({}), undefined);
  t.is(presentedKeys({ authorization: '' }), undefined);
  for (const nothing of [':', 'any:'])
    t.is(presentedKeys({ authorization: `Basic ${base64(nothing)}` }), undefined, 'what NuGet sends that has no key');
  t.deepEqual(texts({ authorization: `Basic ${base64(':')}`, 'x-nuget-apikey': 'the-key' }), ['the-key']);
  for (const authorization of [
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic a b',
    `Basic ${base64('no-colon')}`,
    'Basic ====',
    'Bearer',
    'Bearer a b',
    'Bearer ü',
    'Negotiate TlRMTVNTUAAB',
    'Digest username="u"',
    'the-key',
    ' ',
  ])
    t.deepEqual(presentedKeys({ authorization }), [], authorization);
});

test('no header makes it throw or take long', (t) => {
  const authorization = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string().map((text) => `Basic ${text}`),
    fc.uint8Array().map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
    fc.constantFrom(`Basic ${' '.repeat(30_000)}x`, `Basic ${'a'.repeat(32_000)} `, `Basic ${'='.repeat(32_000)}`),
  );
  fc.assert(
    fc.property(authorization, (header) => {
      presentedKeys({ authorization: header });
    }),
  );
  t.pass();
});
