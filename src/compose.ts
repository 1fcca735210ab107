import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { buildHouse } from './compose/house.js';
import type { House, Parts } from './compose/house.js';
import type { Config } from './config/schema.js';
import { apiRoutes } from './http/api/api-routes.js';
import { maintenanceRoutes } from './http/api/maintenance-routes.js';
import { createApp } from './http/app.js';
import { browseRoutes } from './http/browse-routes.js';
import { callerOf } from './http/caller.js';
import { Gate } from './http/gate.js';
import { healthRoutes, isProbe } from './http/health-routes.js';
import { createOptionalResources } from './http/optional-resources.js';
import { peopleRoutes } from './http/people-routes.js';
import type { ReleasableRequest } from './http/releasable-request.js';
import { originForm, refuseTarget } from './http/request-target.js';
import { RequestLimit } from './http/request-limit.js';
import { searchRoutes } from './http/search-routes.js';
import { listen } from './http/server.js';
import { signatureRoutes } from './http/signature-routes.js';
import { createTrace, Observer } from './http/trace.js';
import type { Trace } from './http/trace.js';
import type { Clock } from './ops/clock.js';
import { createOwnPath } from './http/urls.js';
import { v3Routes } from './http/v3-routes.js';
import { vulnerabilityRoutes } from './http/vulnerability-routes.js';

export type { Parts } from './compose/house.js';

/** How often it is told that connections cannot be accepted, in milliseconds. */
const refusedEveryMs = 60_000;

/** A running server. */
export interface Serving {
  /** Where it listens: `http://127.0.0.1:6848/`. */
  readonly url: string;
  /** Settles when everything is closed. */
  readonly closed: Promise<void>;
  /** Drains the requests under way, then closes everything. Idempotent. */
  shutdown(): Promise<void>;
}

/**
 * Builds the house without opening its door: for verbs beside or without a server.
 * @throws StoreInUseError when another process owns the store
 */
export function openHouse(
  config: Config,
  version: string,
  parts: Parts = {},
): Promise<Pick<House, 'insight' | 'maintenance' | 'verify' | 'close'>> {
  return buildHouse(config, version, parts, false);
}

/** Builds the house and opens the door. */
export async function serve(config: Config, version: string, parts: Parts = {}): Promise<Serving> {
  const house = await buildHouse(config, version, parts, true);
  const { log, clock, counters, store, packages, feeds, searches, hot, hotPackages, publicBase, insight } = house;
  const ownPath = createOwnPath(config.publicUrl);
  const privateSources = new Set(config.sources.filter(({ auth }) => auth.kind !== 'none').map(({ name }) => name));
  const ownerToken = randomBytes(32).toString('base64url');
  const gate = new Gate({ access: config.access, ownerToken, clock, log });
  if (!config.access.anonymousRead && config.access.keys.length === 0)
    log.warn('access.anonymousRead is false and access.keys is empty: nobody may read');
  const requests = new RequestLimit({ maxRequests: config.limits.maxRequests, clock, log });
  let isDraining = false;

  const traces = new WeakMap<IncomingMessage, Trace>();
  const observer = new Observer(log, counters);
  const sending = { hot, hotPackages, clock, publicBase, isPrivate: (source: string) => privateSources.has(source) };
  const optionalResources = createOptionalResources(house);
  const app = createApp({
    log,
    traceOf: (req) => traces.get(req),
    routes: [
      v3Routes({ ...sending, feeds, packages, optionalResources }),
      vulnerabilityRoutes({ ...sending, vulnerabilities: house.vulnerabilities }),
      signatureRoutes({ ...sending, signatures: house.signatures }),
      searchRoutes({ ...sending, searches }),
      browseRoutes({ feeds, searches, packages, publicBase }),
      healthRoutes({ isReady: () => !isDraining, storeTrouble: () => house.trouble.reason }),
      maintenanceRoutes(house.maintenance, log),
      apiRoutes({ insight, version, readerOf: callerOf }),
      peopleRoutes({
        version,
        offline: config.offline,
        store,
        counters,
        publicBase,
        sources: house.sources,
        feeds: config.feeds,
        needsKey: !config.access.anonymousRead,
      }),
    ],
  });
  const enterApp = app.callback();

  const handle = (req: ReleasableRequest, res: ServerResponse) => {
    const trace = createTrace();
    const target = originForm(req.url ?? '/');
    if (target !== undefined) req.url = ownPath(target);
    observer.begin(req, res, trace);
    if (isDraining) res.setHeader('Connection', 'close');
    if (target === undefined) return refuseTarget(req, res, trace);
    if (!gate.pass(req, res, trace)) return;
    if (hot.answer(req, res, trace) || hotPackages.answer(req, res, trace)) return req.release();
    if (!isProbe(req) && !requests.pass(req, res, trace)) return;
    traces.set(req, trace);
    void enterApp(req, res);
  };

  const onRefused = atMostEvery(refusedEveryMs, clock, (error: Error) =>
    log.error({ err: error }, 'connections cannot be accepted: this process may open too few files'),
  );
  const listening = await listen(handle, { ...config.listen, ...config.limits, onRefused }).catch(
    async (error: unknown) => {
      await house.close();
      throw error;
    },
  );
  await store
    .announce?.(listening.url, ownerToken)
    .catch((error: unknown) => log.warn({ err: error }, 'the address could not be written beside the store'));
  house.searchIndex.fill();
  house.beginInBackground();

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
      closing = listening.drain(config.shutdownGraceMs).then(() => house.close());
      settleClosed(closing);
      return closing;
    },
  };
}

function atMostEvery<T>(everyMs: number, clock: Clock, tell: (told: T) => void): (told: T) => void {
  let toldAtMs = -Infinity;
  return (told) => {
    if (clock.monotonicMs() - toldAtMs < everyMs) return;
    toldAtMs = clock.monotonicMs();
    tell(told);
  };
}
