import * as z from 'zod';

import {
  defaultTake,
  explanationSchema,
  maxTake,
  packagesSchema,
  presenceSchema,
  problemSchema,
  sourcesSchema,
  statusSchema,
} from './schemas.js';

const schemas = {
  Status: statusSchema,
  Presence: presenceSchema,
  Sources: sourcesSchema,
  Packages: packagesSchema,
  Explanation: explanationSchema,
  Problem: problemSchema,
};

const reference = (name: keyof typeof schemas) => ({ $ref: `#/components/schemas/${name}` });

const answer = (description: string, name: keyof typeof schemas) => ({
  description,
  content: { 'application/json': { schema: reference(name) } },
});

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: reference('Problem') } },
});

const pathParameter = (name: string, description: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});

const queryParameter = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  schema,
});

const explainParameters = [
  pathParameter('id', 'A package id, in any case'),
  queryParameter('feed', 'The feed to explain it for', { type: 'string', default: 'default' }),
  queryParameter('offline', '`true` asks no source: what is kept, of any age', { type: 'boolean', default: false }),
];

const explainAnswers = {
  200: answer('Which sources were asked, what each said, and what comes of it', 'Explanation'),
  400: problem('No package id, or no version'),
  404: problem('No such feed'),
};

/** The OpenAPI 3.1 description of `/api`: `docs/openapi.yaml`, and `/api/openapi.json` of every server. */
export function openApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Larder',
      version,
      description:
        'The JSON behind the page and the command line. Members may be added to any answer. Nothing here holds credentials.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: {
      '/api/status': {
        get: {
          operationId: 'status',
          summary: 'Totals',
          responses: {
            200: {
              description: 'The numbers of now; `Presence` for who may not read everything',
              content: { 'application/json': { schema: { anyOf: [reference('Status'), reference('Presence')] } } },
            },
          },
        },
      },
      '/api/sources': {
        get: {
          operationId: 'sources',
          summary: 'How each source is doing',
          responses: { 200: answer('All sources, in the order of the configuration', 'Sources') },
        },
      },
      '/api/packages': {
        get: {
          operationId: 'packages',
          summary: 'What is kept here',
          parameters: [
            queryParameter('q', 'A part of the id, in any case', { type: 'string' }),
            queryParameter('skip', 'Ids to pass over', { type: 'integer', minimum: 0, default: 0 }),
            queryParameter('take', `Ids on a page; more than ${maxTake} means ${maxTake}`, {
              type: 'integer',
              minimum: 0,
              default: defaultTake,
            }),
            queryParameter(
              'after',
              'Begin behind this id: the `next` of the page before. Unlike `skip` it passes over nothing when ids come and go meanwhile',
              { type: 'string' },
            ),
          ],
          responses: { 200: answer('A page, in order of id', 'Packages'), 400: problem('No number') },
        },
      },
      '/api/explain/{id}': {
        get: {
          operationId: 'explainId',
          summary: 'Why an id is served, or not',
          parameters: explainParameters,
          responses: explainAnswers,
        },
      },
      '/api/explain/{id}/{version}': {
        get: {
          operationId: 'explainVersion',
          summary: 'Why a version is served, or not',
          parameters: [...explainParameters, pathParameter('version', 'A version, normalized or not')],
          responses: explainAnswers,
        },
      },
      '/api/openapi.json': {
        get: {
          operationId: 'openApi',
          summary: 'This description',
          responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
        },
      },
    },
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchemaOf(schema)])),
    },
  };
}

/** Members may be added, so the published schema does not forbid them. */
function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _dialect, ...published } = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      // `format` says it, and these are unreadable.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return published;
}
