import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import type { Store } from '../feed/store.js';
import type { Clock } from '../ops/clock.js';
import type { Counters } from '../ops/counters.js';
import { homePage } from '../ui/home-page.js';
import type { AppState } from './app.js';
import { sendPage } from './html-page.js';
import { serviceIndexUrl } from './urls.js';

export interface PeopleOptions {
  readonly version: string;
  readonly startedAtMs: number;
  readonly offline: boolean;
  /** Absent: the disk is the limit. */
  readonly maxBytes: number | undefined;
  readonly store: Store;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly publicBase: (req: IncomingMessage) => string;
  /** Name and URL of each configured source, without user info. */
  readonly sources: readonly { readonly name: string; readonly url: string }[];
}

/** The page for people and the JSON behind it. */
export function peopleRoutes(options: PeopleOptions): Router<AppState> {
  const { version, startedAtMs, offline, maxBytes, store, counters, clock, publicBase, sources } = options;
  const router = new Router<AppState>();
  router.get('/api/status', async (ctx) => {
    const { packages, versions, bytes, diskBytes } = await store.stats();
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      version,
      uptimeSeconds: Math.floor((clock.now() - startedAtMs) / 1000),
      offline,
      packages,
      versions,
      bytes,
      diskBytes,
      maxBytes: maxBytes ?? null,
      ...counters,
    };
  });
  router.get('/', async (ctx) => {
    const { packages, versions, bytes } = await store.stats();
    sendPage(
      ctx,
      homePage({
        version,
        offline,
        feedUrl: serviceIndexUrl(publicBase(ctx.req), ''),
        packages,
        versions,
        bytes,
        sources,
        counters,
      }),
    );
  });
  return router;
}
