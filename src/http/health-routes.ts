import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import type { AppState } from './app.js';

export interface HealthOptions {
  /** False while draining: no more requests should be sent here. */
  readonly isReady: () => boolean;
  /** Why the store takes nothing new; `undefined` while it does. */
  readonly storeTrouble: () => string | undefined;
}

/** A probe has to be answered however many ask for packages. */
export const isProbe = ({ url = '' }: IncomingMessage): boolean => /^\/health\//i.test(url);

/** Probes. A source that cannot be reached makes nothing unready, nor does a store that cannot write: what is kept goes on being served. */
export function healthRoutes({ isReady, storeTrouble }: HealthOptions): Router<AppState> {
  const router = new Router<AppState>();
  router.get('/health/live', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok', checks: { process: 'ok' } };
  });
  router.get('/health/ready', (ctx) => {
    const ready = isReady();
    ctx.set('Cache-Control', 'no-store');
    ctx.status = ready ? 200 : 503;
    const isDegraded = storeTrouble() !== undefined;
    ctx.body = {
      status: ready ? (isDegraded ? 'degraded' : 'ok') : 'draining',
      checks: { store: isDegraded ? 'degraded' : 'ok', requests: ready ? 'ok' : 'draining' },
    };
  });
  return router;
}
