// Writes what is published of the schema: config/larder.schema.json and the keys in docs/configuration.md. Run by `npm run schema`.
import { readFileSync, writeFileSync } from 'node:fs';
import { jsonSchemaText } from '../build/src/config/json-schema.js';
import { keyPage } from '../build/src/config/key-page.js';

writeFileSync('config/larder.schema.json', jsonSchemaText());

const page = 'docs/configuration.md';
const begin = '<!-- keys: written by `npm run schema` -->';
const [head] = readFileSync(page, 'utf8').split(begin);
writeFileSync(page, `${head}${begin}\n\n${keyPage()}\n`);
