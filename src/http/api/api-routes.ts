import Router from '@koa/router';

import type { Insight } from '../../feed/insight.js';
import { everyReader } from '../../feed/reader.js';
import type { Reader } from '../../feed/reader.js';
import { PackageId } from '../../nuget/package-id.js';
import { PackageVersion } from '../../nuget/package-version.js';
import type { AppContext, AppState } from '../app.js';
import { ProblemError } from '../problem.js';
import { openApi } from './openapi.js';
import { defaultTake, maxTake } from './schemas.js';

export interface ApiOptions {
  readonly insight: Insight;
  readonly version: string;
  /** Who asks: what they may not read is never told. Without it everybody may read everything. */
  readonly readerOf?: (ctx: AppContext) => Reader;
}

const defaultFeed = 'default';

/** The JSON API: thin over `Insight`, described in `openapi.ts`. */
export function apiRoutes({ insight, version, readerOf = () => everyReader }: ApiOptions): Router<AppState> {
  const router = new Router<AppState>({ prefix: '/api' });
  router.use(async (ctx, next) => {
    ctx.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    await next();
  });
  router.get('/status', async (ctx) => {
    ctx.body = readerOf(ctx).mayReadAll ? await insight.status() : insight.presence();
  });
  router.get('/sources', (ctx) => {
    ctx.body = insight.sources(readerOf(ctx));
  });
  router.get('/packages', async (ctx) => {
    const after = query(ctx, 'after');
    const page = {
      q: query(ctx, 'q') ?? '',
      skip: count(ctx, 'skip') ?? 0,
      take: Math.min(count(ctx, 'take') ?? defaultTake, maxTake),
      ...(after !== undefined && { after: after.toLowerCase() }),
    };
    ctx.body = await insight.packages(page, readerOf(ctx));
  });
  for (const path of ['/explain/:id', '/explain/:id/:version'])
    router.get(path, async (ctx) => {
      const { id: idText = '', version: versionText } = ctx.params as { id?: string; version?: string };
      const id = PackageId.parse(idText);
      ctx.state.trace.id = id.text;
      const asked = versionText === undefined ? undefined : PackageVersion.parse(versionText);
      const feed = query(ctx, 'feed') ?? defaultFeed;
      const question = { feed, id, ...(asked && { version: asked }), offline: query(ctx, 'offline') === 'true' };
      const explanation = await insight.explain(question, readerOf(ctx));
      if (!explanation)
        throw new ProblemError({ code: 'not-found', detail: `there is no feed ${JSON.stringify(feed)}` });
      ctx.body = explanation;
    });
  let description: object | undefined;
  router.get('/openapi.json', (ctx) => {
    ctx.body = description ??= openApi(version);
  });
  return router;
}

/** The first value; an empty one counts as not given. */
function query(ctx: AppContext, name: string): string | undefined {
  const value = ctx.query[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === '' ? undefined : first;
}

function count(ctx: AppContext, name: string): number | undefined {
  const text = query(ctx, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new ProblemError({ code: 'bad-request', detail: `${name} is a number from 0 to 999999999` });
  return Number(text);
}
