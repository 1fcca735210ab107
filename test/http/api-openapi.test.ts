import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { parse } from 'yaml';

import { apiRoutes } from '../../src/http/api/api-routes.js';
import { openApiYaml } from '../../src/http/api/openapi-yaml.js';
import { openApi } from '../../src/http/api/openapi.js';
import type { Insight } from '../../src/feed/insight.js';
import { version } from '../../src/ops/version.js';
import { startLarder } from '../support/larder.js';
import { repositoryRoot } from '../support/repository-root.js';

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly get: { readonly parameters?: { name: string; in: string }[] } }>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const described = openApi(version) as Description;

test('docs/openapi.yaml is fresh (npm run schema)', (t) => {
  const text = readFileSync(join(repositoryRoot, 'docs/openapi.yaml'), 'utf8');
  t.is(text, openApiYaml(version));
  t.deepEqual(parse(text), JSON.parse(JSON.stringify(described)));
});

test('a server gives its own description', async (t) => {
  const larder = await startLarder(t, { sources: { origin: 'http://127.0.0.1:9/v3/index.json' } });
  const reply = await larder.get('api/openapi.json');
  t.is(reply.status, 200);
  t.like(reply.json(), { openapi: '3.1.0', info: { title: 'Larder', version: '0.0.0-test' } });
});

test('every route of the API is described, and nothing else', (t) => {
  const router = apiRoutes({ insight: {} as Insight, version });
  const routes = router.stack
    .filter(({ methods }) => methods.includes('GET'))
    .map(({ path }) => String(path).replace(/:(\w+)/g, '{$1}'));
  t.deepEqual([...new Set(routes)].sort(), Object.keys(described.paths).sort());
});

test('every reference leads somewhere, and every parameter of a path is described', (t) => {
  const references = [...JSON.stringify(described).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  t.true(references.length > 5);
  for (const [, name = ''] of references) t.truthy(described.components.schemas[name], name);
  for (const [path, { get }] of Object.entries(described.paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const given = (get.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    t.deepEqual(given.sort(), named.sort(), path);
  }
});

test('members may be added to what is described', (t) => {
  t.false(JSON.stringify(described).includes('additionalProperties'));
});
