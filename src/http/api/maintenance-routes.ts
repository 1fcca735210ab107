import Router from '@koa/router';

import type { Maintenance, TellProgress } from '../../feed/maintenance.js';
import { PackageId } from '../../nuget/package-id.js';
import { PackageVersion } from '../../nuget/package-version.js';
import type { Logger } from '../../ops/log.js';
import type { AppContext, AppState } from '../app.js';
import { problemFrom } from '../app.js';

/** A line of progress is sent at most this often, in milliseconds. */
const tellEveryMs = 200;

/**
 * Work on the store, for the command line beside a running server; the gate lets only the store's owner in. Answers with lines of JSON as
 * the work goes on: `{progress}` any number of times, then `{report}` or `{problem}`.
 */
export function maintenanceRoutes(maintenance: Maintenance, log: Logger): Router<AppState> {
  const router = new Router<AppState>({ prefix: '/api/maintenance' });
  for (const path of ['/purge/:id', '/purge/:id/:version'])
    router.post(path, async (ctx) => {
      const { id: idText = '', version: versionText } = ctx.params as { id?: string; version?: string };
      const id = PackageId.parse(idText);
      const version = versionText === undefined ? undefined : PackageVersion.parse(versionText);
      await work(ctx, log, () => maintenance.purge(id, version));
    });
  router.post('/gc', async (ctx) => {
    await work(ctx, log, () => maintenance.gc(ctx.query['dryRun'] === 'true'));
  });
  router.post('/verify', async (ctx) => {
    const repair = ctx.query['repair'] === 'true';
    await work(ctx, log, (tell, signal) => maintenance.verify({ repair, signal }, tell));
  });
  return router;
}

/** Runs the work and tells of it line by line. It is given up when the one who asked for it leaves. */
async function work(
  ctx: AppContext,
  log: Logger,
  run: (tell: TellProgress, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const { res } = ctx;
  const left = new AbortController();
  res.once('close', () => left.abort());
  ctx.respond = false;
  res.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
  res.flushHeaders();
  let toldAtMs = Number.NEGATIVE_INFINITY;
  const line = (told: object) => {
    if (!res.destroyed) res.write(`${JSON.stringify(told)}\n`);
  };
  try {
    const report = await run((progress) => {
      const nowMs = performance.now();
      if (nowMs - toldAtMs < tellEveryMs) return;
      toldAtMs = nowMs;
      line({ progress });
    }, left.signal);
    line({ report });
  } catch (error) {
    const { code, detail } = problemFrom(error, log, ctx.state.trace);
    ctx.state.trace.code = code;
    line({ problem: { code, detail } });
  }
  res.end();
}
