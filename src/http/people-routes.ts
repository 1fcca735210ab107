import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import type { Store } from '../feed/store.js';
import type { Counters } from '../ops/counters.js';
import { readableSources } from '../policy/access.js';
import { homePage } from '../ui/home-page.js';
import type { AppState } from './app.js';
import { defaultFeed } from './area.js';
import { callerOf } from './caller.js';
import { feedMount, serviceIndexUrl } from './urls.js';

export interface PeopleOptions {
  readonly version: string;
  readonly offline: boolean;
  readonly store: Store;
  readonly counters: Counters;
  readonly publicBase: (req: IncomingMessage) => string;
  /** Name and URL of each configured source, without user info. */
  readonly sources: readonly { readonly name: string; readonly url: string }[];
  readonly feeds: readonly { readonly name: string; readonly sources: readonly string[] }[];
  /** Whether clients must store a key with the feed. */
  readonly needsKey: boolean;
}

/** The page for people. */
export function peopleRoutes(options: PeopleOptions): Router<AppState> {
  const { version, offline, store, counters, publicBase, sources, feeds, needsKey } = options;
  const router = new Router<AppState>();
  router.get('/', async (ctx) => {
    const caller = callerOf(ctx);
    const readable = feeds.filter(({ name }) => caller.mayRead(name)).map(({ name }) => name);
    const feed = readable.includes(defaultFeed) ? defaultFeed : (readable[0] ?? defaultFeed);
    const tellable = readableSources(caller, feeds);
    const { packages, versions, bytes } = await store.stats();
    ctx.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    ctx.type = 'html';
    ctx.body = homePage({
      version,
      offline,
      feedUrl: serviceIndexUrl(publicBase(ctx.req), feed === defaultFeed ? '' : feedMount(feed)),
      needsKey,
      ...(caller.mayReadAll && { totals: { packages, versions, bytes, counters } }),
      sources: sources.filter(({ name }) => tellable.has(name)),
    });
  });
  return router;
}
