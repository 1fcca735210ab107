import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import type { FeedDocument } from '../feed/feed.js';
import type { FeedSearch } from '../feed/feed-search.js';
import { parseAutocompleteRequest, parseSearchQuery } from '../nuget/search-query.js';
import type { Parameters } from '../nuget/search-query.js';
import type { Clock } from '../ops/clock.js';
import type { AppContext, AppState } from './app.js';
import { ofFeed } from './feed-of-request.js';
import { foundOr, warningOf } from './feed-documents.js';
import { acceptedEncoding, encodeBody, sendDocument } from './finished-document.js';
import type { FinishedDocument } from './finished-document.js';
import { documentBases } from './urls.js';

export interface SearchRoutesOptions {
  /** By the feed's name. */
  readonly searches: ReadonlyMap<string, FeedSearch>;
  readonly clock: Clock;
  readonly publicBase: (req: IncomingMessage) => string;
  readonly isPrivate: (source: string) => boolean;
}

/** `…/v3/search` and `…/v3/autocomplete` of all feeds. */
export function searchRoutes(options: SearchRoutesOptions): Router<AppState> {
  const router = new Router<AppState>();
  const { searches, publicBase } = options;
  for (const prefix of ['', '/feeds/:feed']) {
    // NuGet's clients ask with and without a slash behind the address.
    router.get(`${prefix}/v3/search{/}`, async (ctx) => {
      const { of: search, at } = ofFeed(ctx, searches);
      const { query, window } = parseSearchQuery(parametersOf(ctx));
      const bases = documentBases(publicBase(ctx.req), at, query.semVer2 ? 'semver2' : 'semver1');
      const answer = await search.search(query, window, bases);
      await send(ctx, foundOr(answer, 'nothing can be searched'), options);
    });

    router.get(`${prefix}/v3/autocomplete{/}`, async (ctx) => {
      const { of: search } = ofFeed(ctx, searches);
      const request = parseAutocompleteRequest(parametersOf(ctx));
      const answer =
        request.of === 'ids'
          ? await search.completeIds(request.query, request.window)
          : await search.completeVersions(request.id, request.choice);
      await send(ctx, foundOr(answer, 'nothing can be completed'), options);
    });
  }
  return router;
}

/** Names without case, as nuget.org's own server reads them; of a repeated one the first counts. */
function parametersOf(ctx: AppContext): Parameters {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    const key = name.toLowerCase();
    if (value !== '' && !values.has(key)) values.set(key, value);
  }
  return (name) => values.get(name);
}

async function send(ctx: AppContext, document: FeedDocument, options: SearchRoutesOptions): Promise<void> {
  const warning = warningOf(document);
  const maxAgeSeconds = Math.floor(document.lifetimeMs / 1000);
  const finished: FinishedDocument = {
    ...(await encodeBody(document.body, acceptedEncoding(ctx.req))),
    contentType: 'application/json',
    cacheControl: `${document.sources.some(options.isPrivate) ? 'private' : 'public'}, max-age=${maxAgeSeconds}`,
    sources: document.sources.join(','),
    checkedAtMs: document.checkedAtMs,
    ...(warning !== undefined && { warning }),
  };
  ctx.respond = false;
  sendDocument(ctx.req, ctx.res, finished, {
    state: document.state,
    nowMs: options.clock.now(),
    trace: ctx.state.trace,
  });
}
