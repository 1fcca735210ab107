import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Config } from './config/schema.js';
import { secretsOf } from './config/secrets.js';
import { Feed } from './feed/feed.js';
import { Packages } from './feed/packages.js';
import { ReadThrough } from './feed/read-through.js';
import type { Source } from './feed/source.js';
import type { Store } from './feed/store.js';
import { createApp } from './http/app.js';
import { browseRoutes } from './http/browse-routes.js';
import { healthRoutes } from './http/health-routes.js';
import { HotDocuments } from './http/hot-documents.js';
import { peopleRoutes } from './http/people-routes.js';
import { listen } from './http/server.js';
import { createTrace, observe } from './http/trace.js';
import type { Trace } from './http/trace.js';
import { createOwnPath, createPublicBase } from './http/urls.js';
import { v3Routes } from './http/v3-routes.js';
import { systemClock } from './ops/clock.js';
import type { Clock } from './ops/clock.js';
import { createCounters } from './ops/counters.js';
import type { Counters } from './ops/counters.js';
import { createLog } from './ops/log.js';
import type { Logger } from './ops/log.js';
import { V3Source } from './sources/v3/v3-source.js';
import { openLevelStore } from './store/level/open-level-store.js';

/** A running server. */
export interface Serving {
  /** Where it listens: `http://127.0.0.1:6848/`. */
  readonly url: string;
  /** Settles when everything is closed. */
  readonly closed: Promise<void>;
  /** Drains the requests under way, then closes everything. Idempotent. */
  shutdown(): Promise<void>;
}

/** Parts that tests bring along. */
export interface Parts {
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly store?: Store;
}

/** How long a client waits for the refresh of something that is kept, in milliseconds: most sources answer within it, a dead one costs no more. */
const refreshGraceMs = 500;

/** Builds the house from its configuration and opens the door. The only place where parts are constructed and joined. */
export async function serve(config: Config, version: string, parts: Parts = {}): Promise<Serving> {
  const clock = parts.clock ?? systemClock;
  const log = parts.log ?? createLog({ ...config.log, secrets: secretsOf(config) });
  const counters = createCounters();
  const store =
    parts.store ??
    (await openLevelStore(config.store.path, { now: () => clock.now(), owner: { url: ownUrl(config) } }));
  const sources = config.sources.map((source) => createSource(source, config, version, clock, counters));
  const members = new Map(
    sources.map((source) => [
      source.name,
      new ReadThrough(source, {
        facts: store.facts,
        lifetimes: config.freshness,
        offline: config.offline,
        clock,
        log,
        refreshGraceMs,
      }),
    ]),
  );
  const feeds = new Map(
    config.feeds.map(({ name, sources: names, onSourceFailure }) => [
      name,
      new Feed({
        name,
        members: names.flatMap((member) => members.get(member) ?? []),
        mapping: config.sources,
        facts: store.facts,
        onSourceFailure,
      }),
    ]),
  );
  const packages = new Packages({
    store: store.packages,
    offline: config.offline,
    clock,
    log,
    maxPackageBytes: config.limits.maxPackageBytes,
  });
  const publicBase = createPublicBase({
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
    trustedProxies: config.trustedProxies,
  });
  const ownPath = createOwnPath(config.publicUrl);
  const hot = new HotDocuments(config.limits.memoryCacheBytes, publicBase, clock);
  const privateSources = new Set(config.sources.filter(({ auth }) => auth.kind !== 'none').map(({ name }) => name));
  let isDraining = false;

  const traces = new WeakMap<IncomingMessage, Trace>();
  const app = createApp({
    log,
    traceOf: (req) => traces.get(req),
    routes: [
      v3Routes({ feeds, packages, hot, clock, publicBase, isPrivate: (source) => privateSources.has(source) }),
      browseRoutes({ feeds, packages, publicBase }),
      healthRoutes({ isReady: () => !isDraining }),
      peopleRoutes({
        version,
        startedAtMs: clock.now(),
        offline: config.offline,
        maxBytes: config.store.maxBytes,
        store,
        counters,
        clock,
        publicBase,
        sources: sources.map(({ name, url }) => ({ name, url })),
      }),
    ],
  });
  const enterApp = app.callback();

  const handle = (req: IncomingMessage, res: ServerResponse) => {
    const trace = createTrace();
    if (req.url !== undefined) req.url = ownPath(req.url);
    traces.set(req, trace);
    observe(req, res, trace, log, counters);
    if (isDraining) res.setHeader('Connection', 'close');
    if (!hot.answer(req, res, trace)) void enterApp(req, res);
  };

  const closeParts = async () => {
    await Promise.all(sources.map((source) => source.close()));
    await packages.idle();
    await store.close();
  };
  const listening = await listen(handle, { ...config.listen, maxHeaderBytes: config.limits.maxHeaderBytes }).catch(
    async (error: unknown) => {
      await closeParts();
      throw error;
    },
  );

  let closing: Promise<void> | undefined;
  let settleClosed!: (closing: Promise<void>) => void;
  const closed = new Promise<void>((resolve) => (settleClosed = resolve));
  return {
    url: listening.url,
    closed,
    shutdown() {
      if (closing) return closing;
      isDraining = true;
      log.info('draining');
      closing = listening.drain(config.shutdownGraceMs).then(closeParts);
      settleClosed(closing);
      return closing;
    },
  };
}

function createSource(
  source: Config['sources'][number],
  config: Config,
  version: string,
  clock: Clock,
  counters: Counters,
): Source {
  return new V3Source({
    name: source.name,
    url: source.url,
    auth: source.auth,
    timeouts: source.timeouts,
    maxConcurrent: source.maxConcurrent,
    maxDocumentBytes: config.limits.maxDocumentBytes,
    maxPackageBytes: config.limits.maxPackageBytes,
    maxVersionsPerId: config.limits.maxVersionsPerId,
    serviceIndexTtlMs: config.freshness.serviceIndexMs,
    version,
    clock,
    observe: ({ bytes }) => {
      counters.upstreamRequests++;
      counters.upstreamBytes += bytes;
    },
  });
}

function ownUrl({ listen: { host, port, tls } }: Config): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
