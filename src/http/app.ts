import type { IncomingMessage } from 'node:http';

import type Router from '@koa/router';
import Koa from 'koa';

import { DownloadFailedError } from '../feed/download-failed.js';
import { UnreadableError } from '../feed/store.js';
import { InvalidNameError } from '../nuget/invalid-name.js';
import { InvalidQueryError } from '../nuget/search-query.js';
import type { Logger } from '../ops/log.js';
import { areaOf } from './area.js';
import { problemOf, ProblemError, sendProblem } from './problem.js';
import type { Problem } from './problem.js';
import { createTrace } from './trace.js';
import type { Trace } from './trace.js';

export interface AppState {
  trace: Trace;
}

export type AppContext = Koa.ParameterizedContext<AppState>;

/** The traces of requests that were begun before Koa saw them. */
export type TraceOf = (req: IncomingMessage) => Trace | undefined;

/** The application: the list of middleware is the order of work. */
export function createApp(options: {
  readonly log: Logger;
  readonly traceOf: TraceOf;
  readonly routes: readonly Router<AppState>[];
}): Koa<AppState> {
  const app = new Koa<AppState>();
  app.use(async (ctx, next) => {
    ctx.state.trace = options.traceOf(ctx.req) ?? createTrace();
    await next();
  });
  app.use(problems(options.log));
  app.use(onlyReads);
  for (const router of options.routes) app.use(router.routes());
  app.on('error', (error: NodeJS.ErrnoException) => {
    // The line of the request says that its answer broke off.
    if (!leaving.has(error.code ?? ''))
      options.log.error({ err: error }, 'a request ended in an error that nothing caught');
  });
  return app;
}

/** What the connection says when a client goes away before its answer has ended. */
const leaving: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNABORTED']);

const onlyReads: Koa.Middleware<AppState> = async (ctx, next) => {
  const isWork = ctx.method === 'POST' && areaOf(ctx.url).kind === 'maintenance';
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD' && !isWork)
    throw new ProblemError({
      code: 'method-not-allowed',
      detail: `${ctx.method} is not allowed here: everything is read with GET or HEAD`,
      headers: { Allow: 'GET, HEAD' },
    });
  await next();
};

/** Everything that goes wrong becomes a problem document here; an answer that nobody gave becomes 404. */
function problems(log: Logger): Koa.Middleware<AppState> {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.respond !== false && ctx.body == null && ctx.status === 404)
        throw new ProblemError({
          code: 'not-found',
          detail: 'there is nothing at this address; the feed is at v3/index.json',
        });
    } catch (error) {
      const problem = problemFrom(error, log, ctx.state.trace);
      ctx.state.trace.code = problem.code;
      ctx.respond = false;
      if (ctx.res.headersSent) ctx.res.destroy();
      else
        sendProblem(
          ctx.res,
          { id: ctx.state.trace.id, version: ctx.state.trace.version, ...problem },
          ctx.method === 'HEAD',
        );
    }
  };
}

/** What an error means to the client; one of our own is told to the log. */
export function problemFrom(error: unknown, log: Logger, trace: Trace): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof DownloadFailedError) return problemOf(error.reason);
  // The store has told the log of it.
  if (error instanceof UnreadableError) return { code: 'store-failed', detail: error.message };
  if (error instanceof InvalidNameError) return { code: error.code, detail: error.message };
  if (error instanceof InvalidQueryError) return { code: 'bad-query', detail: error.message };
  log.error({ err: error, id: trace.id, version: trace.version }, 'a request ended in an error of our own');
  return { code: 'internal', detail: 'an error in Larder; the log has more' };
}
