import * as z from 'zod';
import { notes } from './leaf.js';
import { aliases, configSchema } from './schema.js';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Instead of any value, what is usually written there, or a reference to it. */
function describeLeaf(jsonSchema: JsonSchema, json: Readonly<Record<string, unknown>> | undefined): void {
  delete jsonSchema.anyOf;
  delete jsonSchema.type;
  if (json) jsonSchema.anyOf = [json, { type: 'string', pattern: '^(env|file):.' }];
  else jsonSchema.type = ['string', 'number'] as unknown as 'string';
}

/** The published form of the schema (`config/larder.schema.json`): for editors, which complete and check while one writes. */
export function jsonSchemaText(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    // What `file:` gives to the schema is nothing that anybody writes.
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const note = notes.get(zodSchema as unknown as z.ZodType);
      if (!note) return;
      if (zodSchema._zod.def.type === 'pipe' && (jsonSchema.anyOf || Array.isArray(jsonSchema.type)))
        describeLeaf(jsonSchema, note.json);
      jsonSchema.description = `${note.about} Allowed: ${note.allowed}.`;
    },
  });
  const properties: Record<string, JsonSchema> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) properties[name] = property as JsonSchema;
  for (const [alias, name] of aliases) {
    const original = properties[name];
    if (original) properties[alias] = { ...original, description: `Another spelling of ${name}.` };
  }
  const published = {
    $schema: schema.$schema,
    title: 'Larder configuration',
    description: 'config/larder.yaml. Every value may also be env:NAME or file:PATH.',
    ...schema,
    properties,
  };
  return `${JSON.stringify(published, undefined, 2)}\n`;
}
