import * as z from 'zod';

/* What the JSON API answers. The OpenAPI document is made from this, and tests hold every answer against it. */

/** Ids on a page of `/api/packages`. */
export const defaultTake = 20;
export const maxTake = 1000;

const about = <T extends z.ZodType>(schema: T, description: string): T => schema.describe(description);

const time = () => z.iso.datetime().describe('ISO 8601, UTC');
const sha512 = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9+/]{86}==$/)
    .describe('SHA-512 of the whole package, base64 as in lock files');
const total = (description: string) => about(z.int().min(0), description);

/** For who may not read everything. */
export const presenceSchema = z.strictObject({
  version: z.string(),
  uptimeSeconds: total('Since the start'),
  offline: z.boolean(),
});

export const statusSchema = z.strictObject({
  ...presenceSchema.shape,
  packages: total('Distinct ids among the packages kept'),
  versions: total('Packages kept'),
  bytes: total('Bytes of the packages kept'),
  diskBytes: total('Bytes that the store takes on disk'),
  deadBytes: total('Bytes on disk that belong to no package any more; `gc` frees most of them'),
  generations: total('Cuts of the log that holds the packages: space is freed one of them at a time'),
  retainedBytes: total('Bytes of packages that were to be evicted and stayed, because no source can give them back'),
  pins: total('Packages evicted or removed whose id and version stay bound to their bytes'),
  maxBytes: about(z.int().nullable(), '`store.maxBytes`; null where the disk is the limit'),
  requests: total('Requests of clients'),
  hits: total('Answers kept here and fresh, confirmed ones included'),
  misses: total('Answers fetched for the request'),
  stale: total('Answers kept here past their time'),
  servedBytes: total('Body bytes sent to clients'),
  upstreamRequests: total('Requests to sources'),
  upstreamBytes: total('Body bytes received from sources'),
  damaged: total('Kept packages that proved damaged when they were read, and were forgotten'),
  prefetch: about(
    z.strictObject({
      useful: total('Asked for since'),
      wasted: total('Not asked for within ten minutes'),
      pending: total('Queued or under way'),
    }),
    'Lists and packages fetched ahead of their first request',
  ),
});

export const sourcesSchema = z.array(
  z.strictObject({
    name: z.string(),
    url: about(z.string(), 'Without user info'),
    protocol: z.string(),
    state: about(
      z.enum(['up', 'degraded', 'down', 'unauthorized', 'unknown']),
      'down: nothing usable came of asking it last; degraded: it answers, and some of its late answers could not be used; unauthorized: it does not accept the credentials configured; unknown: not asked yet',
    ),
    lastSuccessAt: time().nullable(),
    lastError: about(z.string().nullable(), 'The last error in words'),
    lastErrorCode: about(z.string().nullable(), 'Its code, as in docs/errors.md'),
    lastErrorAt: time().nullable(),
    latencyMs: about(
      z.strictObject({ p50: z.number().min(0).nullable(), p95: z.number().min(0).nullable() }),
      'To the headers of an answer, over the last 512 requests',
    ),
    requests: total('Requests over the network'),
    errors: total('Those that failed'),
    catalog: about(
      z.strictObject({
        state: about(
          z.enum(['following', 'behind', 'away', 'off']),
          'following: read within the last two minutes; behind: being caught up with; away: it could not be read of late, the configured lifetimes count; off: the source has none, nothing is kept of the source yet, or it is not to be followed',
        ),
        cursor: about(z.string().nullable(), 'Time of the newest commit taken in, ISO 8601 with seven digits'),
        lagSeconds: about(z.int().min(0).nullable(), 'Since the catalog was last read'),
      }),
      'How far its catalog is followed (docs/freshness.md)',
    ),
  }),
);

export const packagesSchema = z.strictObject({
  total: total('Ids that match'),
  items: z.array(
    z.strictObject({
      id: z.string(),
      versions: z.array(
        z.strictObject({
          version: z.string(),
          bytes: total('Size of the package'),
          source: about(z.string(), 'The source that supplied it'),
          sha512: sha512(),
          cachedAt: time(),
          listed: about(
            z.boolean().nullable(),
            'As the source has it; null while its registration of the id is not kept here',
          ),
        }),
      ),
    }),
  ),
  next: about(z.string().nullable(), 'For `after`, when there are more'),
});

export const explanationSchema = z.strictObject({
  id: z.string(),
  version: about(z.string().optional(), 'Normalized; absent when all versions are asked about'),
  feed: z.string(),
  served: about(z.boolean(), 'Whether a client that asks now is given it'),
  because: about(z.string(), 'Why, in words'),
  sources: about(
    z.array(
      z.strictObject({
        name: z.string(),
        eligible: about(z.boolean(), 'Whether this feed may ask it for the id'),
        reason: about(z.string(), 'Which rule decided that'),
        state: z.enum(['found', 'missing', 'refused', 'failed', 'notAsked']),
        checkedAt: about(time().nullable(), 'When the source last said what is told here'),
        detail: about(z.string(), 'What it said, in words'),
        versions: about(z.array(z.string()).optional(), 'What it lists, ascending'),
      }),
    ),
    'The sources of the feed in order of precedence, then all others',
  ),
  versions: about(
    z
      .array(
        z.strictObject({
          version: z.string(),
          owner: about(z.string(), 'The source that it comes from'),
          cached: z.boolean(),
          listed: z.boolean().nullable(),
          sha512: sha512().optional(),
        }),
      )
      .optional(),
    'All versions to be had, where all are asked about',
  ),
  owner: about(z.string().optional(), 'The source that the version comes from'),
  cached: about(z.boolean().optional(), 'Whether the package is kept here'),
  cachedAt: time().optional(),
  evidence: about(
    z.array(z.enum(['published-hash', 'signature-hash', 'entry-checksums'])).optional(),
    'By what the kept package was admitted (docs/integrity.md)',
  ),
  listed: z.boolean().optional(),
  sha512: sha512().optional(),
  goneFromSource: about(z.boolean().optional(), 'Kept here, and its source has it no more'),
  conflicts: about(
    z.array(z.strictObject({ version: z.string(), source: z.string(), sha512: sha512() })),
    'Sources that publish other bytes for the same version',
  ),
  refusals: about(
    z.array(
      z.strictObject({
        version: z.string(),
        source: z.string(),
        code: z.string(),
        detail: z.string(),
        at: time(),
      }),
    ),
    'Downloads that came to nothing since the start, the latest first',
  ),
  damage: about(
    z
      .strictObject({
        source: about(z.string(), 'The source that had supplied it'),
        sha512: sha512(),
        at: time(),
        healedAt: about(time().optional(), 'When good bytes came in their place'),
      })
      .optional(),
    'A kept copy of the version proved damaged since the start and was forgotten',
  ),
  verdict: z.strictObject({ allow: z.boolean(), rule: z.string().optional(), reason: z.string().optional() }),
});

export const problemSchema = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: about(z.string(), 'A stable word, listed in docs/errors.md'),
  source: z.string().optional(),
  id: z.string().optional(),
  version: z.string().optional(),
  retryAfterSeconds: z.int().optional(),
});
