import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import Router from '@koa/router';
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { createApp } from '../../src/http/app.js';
import type { AppState } from '../../src/http/app.js';
import { assertMayRead, callerOf } from '../../src/http/caller.js';
import { HotDocuments } from '../../src/http/hot-documents.js';
import { createTrace } from '../../src/http/trace.js';
import type { Trace } from '../../src/http/trace.js';
import { systemClock } from '../../src/ops/clock.js';
import { silentLog } from '../../src/ops/log.js';
import { callersOf, nobody } from '../../src/policy/access.js';
import type { Caller } from '../../src/policy/access.js';
import { getter } from '../support/larder.js';

const team = callersOf({ anonymousRead: false, keys: [{ name: 'team', scopes: ['read'], feeds: ['team'] }] }).byKey.get(
  'team',
) as Caller;

async function listen(t: ExecutionContext, listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  return getter(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const tracedBy = (caller: Caller): Trace => ({ ...createTrace(), caller });

test('a route that no gate stands before tells nobody anything', async (t) => {
  const router = new Router<AppState>();
  router.get('/:feed', (ctx) => {
    assertMayRead(ctx, (ctx.params as { feed: string }).feed);
    ctx.body = callerOf(ctx).key ?? 'no key';
  });
  const asked = async (trace: Trace | undefined, path: string) => {
    const app = createApp({ log: silentLog, traceOf: () => trace, routes: [router] });
    return (await listen(t, (req, res) => void app.callback()(req, res)))(path);
  };
  const untraced = await asked(undefined, 'team');
  t.is(untraced.status, 401);
  t.regex(String(untraced.headers['www-authenticate']), /^Basic /);
  t.is((await asked(tracedBy(team), 'other')).status, 403);
  const allowed = await asked(tracedBy(team), 'team');
  t.is(allowed.status, 200);
  t.is(allowed.text(), 'team');
});

test('a finished document in memory is given only to who may read its feed', async (t) => {
  const publicBase = () => 'http://localhost/';
  const hot = new HotDocuments(1_000_000, publicBase, systemClock);
  const body = Buffer.from('{"versions":[]}');
  const document = {
    body,
    encoding: 'identity',
    contentType: 'application/json',
    etag: '"e"',
    cacheControl: 'private',
    sources: 'vault',
    checkedAtMs: systemClock.now(),
  } as const;
  const freshUntilMs = systemClock.now() + 60_000;
  hot.remember('identity', publicBase(), '/of-team', document, freshUntilMs, { feed: 'team' });
  hot.remember('identity', publicBase(), '/of-other', document, freshUntilMs, { feed: 'other' });
  hot.remember('identity', publicBase(), '/of-no-feed', document, freshUntilMs, {});
  const statusFor = async (caller: Caller, path: string) => {
    const get = await listen(t, (req, res) => {
      if (!hot.answer(req, res, tracedBy(caller))) res.writeHead(418).end();
    });
    return (await get(path)).status;
  };
  t.is(await statusFor(team, 'of-team'), 200);
  t.is(await statusFor(team, 'of-other'), 418);
  t.is(await statusFor(team, 'of-no-feed'), 418);
  t.is(await statusFor(nobody, 'of-team'), 418);
});
