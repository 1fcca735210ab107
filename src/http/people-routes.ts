import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import type { Store } from '../feed/store.js';
import type { Counters } from '../ops/counters.js';
import { readableSources } from '../policy/access.js';
import { homePage } from '../ui/home-page.js';
import type { AppState } from './app.js';
import { defaultFeed } from './area.js';
import { callerOf } from './caller.js';
import { sendPage } from './html-page.js';
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
    sendPage(
      ctx,
      homePage({
        version,
        offline,
        feedUrl: serviceIndexUrl(publicBase(ctx.req), feed === defaultFeed ? '' : feedMount(feed)),
        needsKey,
        ...(caller.mayReadAll && { totals: { packages, versions, bytes, counters } }),
        sources: sources.filter(({ name }) => tellable.has(name)),
        ...(feed !== defaultFeed && { feed }),
      }),
    );
  });
  return router;
}
