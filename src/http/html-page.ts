import type { AppContext } from './app.js';

/** Sends a page of ours. Nothing in it may run, and nothing is loaded from elsewhere. */
export function sendPage(ctx: AppContext, text: string, status = 200): void {
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  });
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = text;
}
