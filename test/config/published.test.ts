import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { variableOf } from '../../src/config/environment-layer.js';
import { jsonSchemaText } from '../../src/config/json-schema.js';
import { keyPage } from '../../src/config/key-page.js';
import { walkKeys } from '../../src/config/key-tree.js';
import { loadConfig } from '../../src/config/load.js';
import { configSchema } from '../../src/config/schema.js';
import { repositoryRoot } from '../support/repository-root.js';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');
const defaultFile = join(repositoryRoot, 'config/larder.yaml');

test('config/larder.schema.json is fresh (npm run schema)', (t) => {
  t.is(read('config/larder.schema.json'), jsonSchemaText());
});

test('the keys in docs/configuration.md are fresh (npm run schema)', (t) => {
  t.true(read('docs/configuration.md').endsWith(`\n\n${keyPage()}\n`));
});

test('config/larder.yaml changes nothing', async (t) => {
  const { config, effective } = await loadConfig({ config: defaultFile }, {});
  t.deepEqual(config, configSchema.parse({}));
  t.true(effective.some(({ origin }) => origin.layer === 'file'));
});

test('config/larder.yaml mentions every key, those without a default in a comment', (t) => {
  const text = read('config/larder.yaml');
  for (const { path } of walkKeys()) {
    const name = path.replace(/\[\]$/, '').split('.').at(-1) ?? '';
    t.regex(text, new RegExp(`^[ #-]*${name}:`, 'm'), path);
  }
});

test('config/larder.yaml writes every default', async (t) => {
  const { effective } = await loadConfig({ config: defaultFile }, {});
  t.deepEqual(
    effective.filter(({ origin, value }) => origin.layer === 'default' && value !== undefined),
    [],
  );
});

test('what stands in comments in config/larder.yaml is valid when it is uncommented', async (t) => {
  const text = read('config/larder.yaml');
  const tls = text.slice(text.indexOf('  # tls:'), text.indexOf('# The address that')).replace(/^ {2}# /gm, '');
  t.deepEqual(Object.keys((parse(tls) as { tls: object }).tls), ['cert', 'key']);
  t.is(parseDocument(text).errors.length, 0);
});

test('every key has words for its reader and a variable', (t) => {
  for (const { path, key } of walkKeys()) {
    if (key.kind === 'list') continue;
    t.regex(key.note?.about ?? '', /\.$/, path);
    t.regex(variableOf(path), /^LARDER_[A-Z0-9_<>n]+$/, path);
  }
});
