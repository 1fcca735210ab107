import test from 'ava';
import type { ExecutionContext } from 'ava';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../src/config/environment-layer.js';
import { loadConfig } from '../../src/config/load.js';
import { ConfigError, mistakeLine } from '../../src/config/mistake.js';
import { repositoryRoot } from '../support/repository-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function load(t: ExecutionContext, lines: readonly string[], environment: Environment = {}) {
  const folder = await temporaryFolder(t, { 'larder.yaml': lines.join('\n'), key: 'from-a-file\n' });
  return loadConfig({ config: join(folder, 'larder.yaml') }, environment);
}

async function mistakes(t: ExecutionContext, lines: readonly string[], environment: Environment = {}) {
  const error = await t.throwsAsync(load(t, lines, environment), { instanceOf: ConfigError });
  return error.mistakes.map((mistake) => mistakeLine(mistake).replace(/[^\s(]*\/larder-test-\w+\//g, ''));
}

test('without a word on access everyone may read', async (t) => {
  const { config } = await load(t, ['offline: true']);
  t.deepEqual(config.access, { anonymousRead: true, keys: [] });
});

test('keys come from the file, the environment and files of their own; they read, and all feeds unless feeds are named', async (t) => {
  const { config, effective } = await load(
    t,
    [
      'access:',
      '  anonymousRead: false',
      '  keys:',
      '    - { name: ci, key: "env:CI_KEY", scopes: [read], feeds: [default] }',
      '    - { name: dev, key: "file:key" }',
    ],
    {
      CI_KEY: 'from-the-environment',
      LARDER_ACCESS__KEYS__2__NAME: 'more',
      LARDER_ACCESS__KEYS__2__KEY: 'from-a-variable',
    },
  );
  t.deepEqual(config.access, {
    anonymousRead: false,
    keys: [
      { name: 'ci', key: 'from-the-environment', scopes: ['read'], feeds: ['default'] },
      { name: 'dev', key: 'from-a-file', scopes: ['read'] },
      { name: 'more', key: 'from-a-variable', scopes: ['read'] },
    ],
  });
  for (const i of [0, 1, 2])
    t.is(effective.find(({ path }) => path === `access.keys[${i}].key`)?.value, '******', `key ${i}`);
  t.notRegex(JSON.stringify(effective), /from-/);
});

test('every mistake in keys is told, and none shows a key', async (t) => {
  const lines = [
    'access:',
    '  anonymousRead: sometimes',
    '  keys:',
    '    - { name: a, key: hunter2 }',
    '    - { name: A, key: "hunter2 hunter2" }',
    '    - { name: b, key: "env:SAME", feeds: [default, nowhere, default] }',
    '    - { name: c, key: hunter2-again, scopes: [push] }',
    '    - { name: d, feeds: [] }',
    '    - { name: e, key: hunter2-\u00e4\u00f6 , until: tomorrow }',
  ];
  const told = await mistakes(t, lines, { SAME: 'hunter2-again' });
  t.deepEqual(told.sort(), [
    'access.anonymousRead: "sometimes" is neither true nor false; allowed: true or false (larder.yaml:2)',
    'access.keys[0].key: its value is too short; allowed: 8 to 512 visible ASCII characters without spaces, best as env:NAME or file:PATH (larder.yaml:4)',
    'access.keys[1].key: its value holds spaces or characters that a header cannot carry; allowed: 8 to 512 visible ASCII characters without spaces, best as env:NAME or file:PATH (larder.yaml:5)',
    'access.keys[2].feeds[1]: "nowhere" is no configured feed; allowed: default (larder.yaml:6)',
    'access.keys[2].feeds[2]: "default" stands there twice (larder.yaml:6)',
    'access.keys[3].key: its value is that of another key (larder.yaml:6, env:SAME): nobody could tell them apart (larder.yaml:7)',
    'access.keys[3].scopes[0]: "push" is none of the choices; allowed: read (larder.yaml:7)',
    'access.keys[4].feeds: must not be an empty list (larder.yaml:8)',
    'access.keys[4].key: is required; allowed: 8 to 512 visible ASCII characters without spaces, best as env:NAME or file:PATH (larder.yaml:8)',
    'access.keys[5].key: its value holds spaces or characters that a header cannot carry; allowed: 8 to 512 visible ASCII characters without spaces, best as env:NAME or file:PATH (larder.yaml:9)',
    'access.keys[5].until: is no key of the configuration; allowed: name, key, scopes, feeds (larder.yaml:9)',
    'access.keys[].name: "A" is the name of two access.keys (the other: larder.yaml:4); allowed: names that differ in more than upper and lower case (larder.yaml:5)',
  ]);
  t.notRegex(told.join(), /hunter2/);
});

test('a key is fit for what every client sends: 8 to 512 characters that a header carries', async (t) => {
  const keyed = (key: string) => ['access:', '  keys:', `    - { name: a, key: ${JSON.stringify(key)} }`];
  for (const key of ['12345678', 'a:b/c+d=~!', 'x'.repeat(512)])
    t.is((await load(t, keyed(key))).config.access.keys[0]?.key, key);
  for (const key of ['1234567', 'x'.repeat(513), 'tab\tin it', ' leading-space'])
    t.is((await mistakes(t, keyed(key))).length, 1, key);
});

test('the examples of docs/access.md and README.md are valid', async (t) => {
  const blocks = await Promise.all(
    ['docs/access.md', 'README.md'].map(async (page) =>
      [...(await readFile(join(repositoryRoot, page), 'utf8')).matchAll(/^```yaml\n(access:[^]*?)^```$/gm)].map(
        ([, block = '']) => block.replace('file:/run/secrets/larder-developers', 'file:key'),
      ),
    ),
  );
  t.deepEqual(
    blocks.map((found) => found.length),
    [1, 1],
  );
  for (const block of blocks.flat()) {
    const { config } = await load(t, [block], { CI_KEY: 'from-the-environment' });
    t.false(config.access.anonymousRead);
    t.like(config.access.keys[0], { name: 'ci', key: 'from-the-environment' });
  }
});
