import type { IncomingMessage, ServerResponse } from 'node:http';

import { sourceAccess } from './compose/source-access.js';
import type { SourceAccess } from './compose/source-access.js';
import type { Config } from './config/schema.js';
import { secretsOf } from './config/secrets.js';
import { FeedSignatures } from './feed/feed-signatures.js';
import { FeedVulnerabilities } from './feed/feed-vulnerabilities.js';
import { missing } from './feed/answer.js';
import { Feed } from './feed/feed.js';
import { FeedSearch } from './feed/feed-search.js';
import { observedFacts } from './feed/observed-facts.js';
import { Packages } from './feed/packages.js';
import { ReadThrough } from './feed/read-through.js';
import { RequestBudget } from './feed/request-budget.js';
import { SearchIndex } from './feed/search-index.js';
import { SearchMemo } from './feed/search-memo.js';
import type { Source } from './feed/source.js';
import type { Store } from './feed/store.js';
import { createApp } from './http/app.js';
import { Gate } from './http/gate.js';
import { healthRoutes } from './http/health-routes.js';
import { HotDocuments } from './http/hot-documents.js';
import { createOptionalResources } from './http/optional-resources.js';
import { peopleRoutes } from './http/people-routes.js';
import { originForm, refuseTarget } from './http/request-target.js';
import { searchRoutes } from './http/search-routes.js';
import { listen } from './http/server.js';
import { signatureRoutes } from './http/signature-routes.js';
import { createTrace, observe } from './http/trace.js';
import type { Trace } from './http/trace.js';
import { createOwnPath, createPublicBase } from './http/urls.js';
import { v3Routes } from './http/v3-routes.js';
import { vulnerabilityRoutes } from './http/vulnerability-routes.js';
import { systemClock } from './ops/clock.js';
import type { Clock } from './ops/clock.js';
import { createCounters } from './ops/counters.js';
import type { Counters } from './ops/counters.js';
import { createLog } from './ops/log.js';
import type { LogDestination, Logger } from './ops/log.js';
import { FolderSource } from './sources/folder/folder-source.js';
import { Lanes } from './sources/folder/lanes.js';
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
  /** Where the log goes, when it is not brought along. */
  readonly logTo?: LogDestination;
  readonly store?: Store;
}

/** Secrets that took the place of others and are struck out of the log: those of the last days, however often they are replaced. */
const secretsRemembered = 200;

/** How long a client waits for the refresh of something that is kept, in milliseconds: most sources answer within it, a dead one costs no more. */
const refreshGraceMs = 500;
/** How long the service index waits to hear what a source offers, in milliseconds: longer than the above, so that what is kept is heard. */
const offerGraceMs = 1_500;

/** File operations of all folder sources at one time: one less than the threads that Node has for them, which the store needs too. */
const folderLanes = new Lanes(3);

/** How long the reading of one document goes on behind clients that stopped waiting, in milliseconds. */
const maxRefreshMs = 120_000;
/** How long a search waits for one source before what is kept of it has to do, in milliseconds. */
const searchPatienceMs = 5_000;
const searchMemoBytes = 32 * 1024 * 1024;

/** Builds the house from its configuration and opens the door. The only place where parts are constructed and joined. */
export async function serve(config: Config, version: string, parts: Parts = {}): Promise<Serving> {
  const clock = parts.clock ?? systemClock;
  const configured = secretsOf(config);
  let secrets: readonly string[] = configured;
  const log = parts.log ?? createLog({ ...config.log, secrets: () => secrets }, parts.logTo);
  const counters = createCounters();
  const store =
    parts.store ??
    (await openLevelStore(config.store.path, { now: () => clock.now(), owner: { url: ownUrl(config) } }));
  const sources = config.sources.map((source) => {
    const onSecrets = (replaced: readonly string[]) =>
      (secrets = [...configured, ...[...secrets.slice(configured.length), ...replaced].slice(-secretsRemembered)]);
    const access = sourceAccess(source, config.proxies, { clock, log, onSecrets });
    return createSource(source, config, version, clock, counters, log, access);
  });
  const searchIndex = new SearchIndex(store.facts, log);
  const facts = observedFacts(store.facts, (key) => searchIndex.learn(key));
  const members = new Map(
    sources.map((source) => [
      source.name,
      new ReadThrough(source, {
        facts,
        lifetimes: config.freshness,
        offline: config.offline,
        clock,
        log,
        refreshGraceMs,
        maxRefreshMs: Math.max(maxRefreshMs, config.limits.requestBudgetMs),
      }),
    ]),
  );
  const newBudget = () => new RequestBudget(config.limits.requestBudgetMs, clock);
  const feeds = new Map(
    config.feeds.map(({ name, sources: names, onSourceFailure }) => [
      name,
      new Feed({
        name,
        members: names.flatMap((member) => members.get(member) ?? []),
        mapping: config.sources,
        facts: store.facts,
        packages: store.packages,
        onSourceFailure,
        log,
        newBudget,
      }),
    ]),
  );
  const vulnerabilities = new Map<string, FeedVulnerabilities>();
  const signatures = new Map<string, FeedSignatures>();
  for (const { name, sources: names, onSourceFailure } of config.feeds) {
    const shared = {
      members: names.flatMap((member) => members.get(member) ?? []),
      facts: store.facts,
      clock,
      offerGraceMs,
    };
    vulnerabilities.set(name, new FeedVulnerabilities({ ...shared, mapping: config.sources, onSourceFailure }));
    signatures.set(name, new FeedSignatures(shared));
  }
  const searchMemo = new SearchMemo({
    clock,
    lifetimeMs: config.freshness.searchMs,
    patienceMs: searchPatienceMs,
    maxBytes: searchMemoBytes,
  });
  const searches = new Map(
    config.feeds.map(({ name, sources: names }) => [
      name,
      new FeedSearch({
        members: names.flatMap((member) => members.get(member) ?? []),
        mapping: config.sources,
        facts: store.facts,
        index: searchIndex,
        described: async (id) => (await feeds.get(name)?.described(id)) ?? missing,
        memo: searchMemo,
        offline: config.offline,
        clock,
        indexGraceMs: refreshGraceMs,
      }),
    ]),
  );
  const packages = new Packages({
    store: store.packages,
    offline: config.offline,
    clock,
    log,
    maxPackageBytes: config.limits.maxPackageBytes,
    onAbsent: (id) => hot.forget(id),
    newBudget,
  });
  const publicBase = createPublicBase({
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
    trustedProxies: config.trustedProxies,
  });
  const ownPath = createOwnPath(config.publicUrl);
  const hot = new HotDocuments(config.limits.memoryCacheBytes, publicBase, clock);
  const privateSources = new Set(config.sources.filter(({ auth }) => auth.kind !== 'none').map(({ name }) => name));
  const gate = new Gate({ access: config.access, clock, log });
  if (!config.access.anonymousRead && config.access.keys.length === 0)
    log.warn('access.anonymousRead is false and access.keys is empty: nobody may read');
  const isPrivate = (source: string) => privateSources.has(source);
  let isDraining = false;

  const traces = new WeakMap<IncomingMessage, Trace>();
  const sending = { hot, clock, publicBase, isPrivate };
  const optionalResources = createOptionalResources({ vulnerabilities, signatures });
  const app = createApp({
    log,
    traceOf: (req) => traces.get(req),
    routes: [
      v3Routes({ ...sending, feeds, packages, optionalResources }),
      vulnerabilityRoutes({ ...sending, vulnerabilities }),
      signatureRoutes({ ...sending, signatures }),
      searchRoutes({ searches, clock, publicBase, isPrivate }),
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
        feeds: config.feeds,
        needsKey: !config.access.anonymousRead,
      }),
    ],
  });
  const enterApp = app.callback();

  const handle = (req: IncomingMessage, res: ServerResponse) => {
    const trace = createTrace();
    const target = originForm(req.url ?? '/');
    if (target !== undefined) req.url = ownPath(target);
    traces.set(req, trace);
    observe(req, res, trace, log, counters);
    if (isDraining) res.setHeader('Connection', 'close');
    if (target === undefined) return refuseTarget(req, res, trace);
    if (!gate.pass(req, res, trace)) return;
    if (!hot.answer(req, res, trace)) void enterApp(req, res);
  };

  const closeParts = async () => {
    await Promise.all(sources.map((source) => source.close()));
    await packages.idle();
    await searchIndex.close();
    await store.close();
  };
  const listening = await listen(handle, { ...config.listen, maxHeaderBytes: config.limits.maxHeaderBytes }).catch(
    async (error: unknown) => {
      await closeParts();
      throw error;
    },
  );

  searchIndex.fill();

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
  log: Logger,
  access: SourceAccess,
): Source {
  if (source.protocol === 'folder') {
    const folder = new FolderSource({
      name: source.name,
      folder: source.url,
      timeouts: source.timeouts,
      maxVersionsPerId: config.limits.maxVersionsPerId,
      lanes: folderLanes,
      clock,
      log,
    });
    if (!config.offline) folder.begin();
    return folder;
  }
  return new V3Source({
    ...access,
    name: source.name,
    url: source.url,
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
