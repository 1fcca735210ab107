// Writes what is published of the schemas: config/larder.schema.json, the keys in docs/configuration.md and docs/openapi.yaml. Run by
// `npm run schema`.
import { readFileSync, writeFileSync } from 'node:fs';
import { jsonSchemaText } from '../build/src/config/json-schema.js';
import { keyPage } from '../build/src/config/key-page.js';
import { openApiYaml } from '../build/src/http/api/openapi-yaml.js';
import { version } from '../build/src/ops/version.js';

writeFileSync('config/larder.schema.json', jsonSchemaText());

const page = 'docs/configuration.md';
const begin = '<!-- keys: written by `npm run schema` -->';
const [head] = readFileSync(page, 'utf8').split(begin);
writeFileSync(page, `${head}${begin}\n\n${keyPage()}\n`);

writeFileSync('docs/openapi.yaml', openApiYaml(version));
