import type { IncomingMessage } from 'node:http';

import type { Config } from '../config/schema.js';
import { secretsOf } from '../config/secrets.js';
import { missing, refused } from '../feed/answer.js';
import type { Answer } from '../feed/answer.js';
import type { CatalogFollowOptions } from '../feed/catalog-follow.js';
import { DamagedCopies } from '../feed/damaged-copies.js';
import { FeedSearch } from '../feed/feed-search.js';
import { FeedSignatures } from '../feed/feed-signatures.js';
import { FeedVulnerabilities } from '../feed/feed-vulnerabilities.js';
import { Feed } from '../feed/feed.js';
import type { OnDamaged } from '../feed/held-leaves.js';
import { Insight } from '../feed/insight.js';
import { KnownPackages } from '../feed/known-package.js';
import { observedFacts } from '../feed/observed-facts.js';
import { Maintenance } from '../feed/maintenance.js';
import type { VerifyChoice } from '../feed/maintenance.js';
import { Packages } from '../feed/packages.js';
import { PassingFacts } from '../feed/passing-facts.js';
import { ReadThrough } from '../feed/read-through.js';
import { RequestBudget } from '../feed/request-budget.js';
import { SearchIndex } from '../feed/search-index.js';
import { SearchMemo } from '../feed/search-memo.js';
import { Prefetch } from '../feed/prefetch/prefetch.js';
import { PrefetchFigures } from '../feed/prefetch/prefetch-figures.js';
import { replaceable } from '../feed/replaceable.js';
import { StoreTrouble } from '../feed/store-trouble.js';
import type { PackageRow, Store } from '../feed/store.js';
import type { VerifyEvent, VerifyReport } from '../feed/verify-report.js';
import { verifyStore } from '../feed/verify-store.js';
import { HotDocuments } from '../http/hot-documents.js';
import { HotPackages } from '../http/hot-packages.js';
import { createPublicBase } from '../http/urls.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import { systemClock } from '../ops/clock.js';
import type { Clock } from '../ops/clock.js';
import { createCounters } from '../ops/counters.js';
import type { Counters } from '../ops/counters.js';
import { createLog } from '../ops/log.js';
import type { LogDestination, Logger } from '../ops/log.js';
import { eligibleSources } from '../policy/source-mapping.js';
import { openLevelStore } from '../store/level/open-level-store.js';
import { Catalogs } from './catalogs.js';
import { createSources } from './create-sources.js';
import { KnownSecrets } from './known-secrets.js';

/** Parts that tests bring along. */
export interface Parts {
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Where the log goes, when it is not brought along. */
  readonly logTo?: LogDestination;
  readonly store?: Store;
  /** How often catalogs are read. */
  readonly catalog?: Pick<CatalogFollowOptions, 'pollMs'>;
  readonly patience?: Patience;
}

/** How long is waited for what is on its way before others go on without it, in milliseconds. */
export interface Patience {
  /** Somebody who has a kept answer waits so long for a newer one at least. */
  readonly leastRefreshMs?: number;
  /** A package whose signature may speak for it waits so long for the published hash. */
  readonly publishedHashMs?: number;
}

/** The parts, joined, with nobody let in yet. */
export interface House {
  readonly log: Logger;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly store: Store;
  readonly trouble: StoreTrouble;
  readonly packages: Packages;
  /** Without user info. */
  readonly sources: readonly { readonly name: string; readonly url: string }[];
  /** By name of the feed, as are the next ones. */
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly searches: ReadonlyMap<string, FeedSearch>;
  readonly vulnerabilities: ReadonlyMap<string, FeedVulnerabilities>;
  readonly signatures: ReadonlyMap<string, FeedSignatures>;
  readonly searchIndex: SearchIndex;
  readonly insight: Insight;
  readonly maintenance: Maintenance;
  /** Reads everything that is kept and says what is damaged; with `repair` it is fetched again. */
  readonly verify: (options?: VerifyChoice) => AsyncGenerator<VerifyEvent, VerifyReport, void>;
  readonly hot: HotDocuments;
  readonly hotPackages: HotPackages;
  readonly publicBase: (req: IncomingMessage) => string;
  /** Begins what a server does by itself: follows the sources' catalogs, and compares what an earlier run left to be compared. */
  readonly beginInBackground: () => void;
  /** Finishes what was begun and closes the store. */
  close(): Promise<void>;
}

/** How long a client waits at most for the refresh of something that is kept, in milliseconds: most sources answer within it, a dead one costs no more. */
const refreshGraceMs = 500;
/** How long the service index waits to hear what a source offers, in milliseconds: longer than the above, so that what is kept is heard. */
const offerGraceMs = 1_500;
/** How long the reading of one document goes on behind clients that stopped waiting, in milliseconds. */
const maxRefreshMs = 120_000;
/** How long a search waits for one source before what is kept of it has to do, in milliseconds. */
const searchPatienceMs = 5_000;
/** Memory for what sources said while the store cannot write. */
const passingFactsBytes = 64 * 1024 * 1024;
/** What is fetched ahead is considered anew after this at the latest, in milliseconds. */
const longestRememberedMs = 600_000;
/** Part of the quota up to which packages are fetched ahead. */
const mostForGuesses = 0.9;
const searchMemoBytes = 32 * 1024 * 1024;

/**
 * Builds the house from its configuration.
 * @param isServing for a server, and not for a verb on a store that none has open
 * @throws StoreInUseError when another process owns the store
 */
export async function buildHouse(config: Config, version: string, parts: Parts, isServing: boolean): Promise<House> {
  const clock = parts.clock ?? systemClock;
  const secrets = new KnownSecrets(secretsOf(config));
  const log = parts.log ?? createLog({ ...config.log, secrets: () => secrets.all }, parts.logTo);
  const counters = createCounters();
  const store =
    parts.store ??
    (await openLevelStore(config.store.path, {
      now: () => clock.now(),
      owner: { url: ownUrl(config) },
      ...(config.store.maxBytes !== undefined && { maxBytes: config.store.maxBytes }),
      tell: ({ level, text }) => log[level](text),
    }));

  const sources = createSources(config, {
    ...{ version, clock, log, counters },
    onSecrets: (replaced) => secrets.add(replaced),
    mostGraceMs: refreshGraceMs,
    leastGraceMs: parts.patience?.leastRefreshMs,
  });
  const damaged = new DamagedCopies({
    ...{ store: store.packages, clock, log },
    onForgotten: ({ identity }) => {
      counters.damaged++;
      hot.forget(identity.id);
    },
  });
  const onDamaged: OnDamaged = (row, error) => void damaged.forget(row, error).catch(tellUnforgotten);
  const tellUnforgotten = (error: unknown) => log.error({ err: error }, 'a damaged package could not be forgotten');
  const trouble = new StoreTrouble(log, () => store.health());
  const passingFacts = new PassingFacts(store.facts, trouble, passingFactsBytes, (key, error) =>
    log.error({ ...key, err: error }, 'what a source said is damaged in the store: it is asked again'),
  );
  const known = new KnownPackages(passingFacts, store.packages, onDamaged);
  const searchIndex = new SearchIndex(known, log);
  const facts = observedFacts(passingFacts, (key) => searchIndex.learn(key));
  const onChanged = (ids: ReadonlySet<string>) => hot.forgetAll(ids);
  const catalogs = new Catalogs(
    config,
    sources.map(({ created }) => created),
    // A cursor that is not kept is none: here a store that fails is to be told.
    { facts: store.facts, clock, log, onChanged, ...parts.catalog },
  );
  const readers = new Map(
    sources.map(({ name, source, health }) => [
      name,
      new ReadThrough(source, {
        health,
        facts,
        lifetimes: config.freshness,
        offline: config.offline,
        clock,
        log,
        maxRefreshMs: Math.max(maxRefreshMs, config.limits.requestBudgetMs),
        ...catalogs.of(name),
        maxPauseMs: config.limits.requestBudgetMs,
      }),
    ]),
  );
  // Who only looks must change nothing.
  store.evictWhere(replaceable({ facts, readers, offline: config.offline }), isServing ? 'at once' : 'when needed');
  const newBudget = () => new RequestBudget(config.limits.requestBudgetMs, clock);

  const perFeed = <T>(create: (feed: Config['feeds'][number], members: readonly ReadThrough[]) => T) =>
    new Map(
      config.feeds.map((feed) => [
        feed.name,
        create(
          feed,
          feed.sources.flatMap((member) => readers.get(member) ?? []),
        ),
      ]),
    );
  const mapping = config.sources;
  const feeds = perFeed(
    ({ name, onSourceFailure }, members) =>
      new Feed({
        ...{ name, members, mapping, facts, packages: store.packages, onDamaged, onSourceFailure, log, newBudget },
        onListAsked: (feed, id) => prefetch?.listAsked(feed, id),
      }),
  );
  const vulnerabilities = perFeed(
    ({ onSourceFailure }, members) =>
      new FeedVulnerabilities({ members, facts, clock, offerGraceMs, mapping, onSourceFailure, newBudget }),
  );
  const signatures = perFeed((_, members) => new FeedSignatures({ members, facts, clock, offerGraceMs }));
  const memo = new SearchMemo({
    clock,
    lifetimeMs: config.freshness.searchMs,
    patienceMs: Math.min(searchPatienceMs, config.limits.requestBudgetMs),
    maxBytes: searchMemoBytes,
  });
  const searches = perFeed(
    ({ name }, members) =>
      new FeedSearch({
        members,
        mapping,
        known,
        index: searchIndex,
        described: async (id) => (await feeds.get(name)?.described(id)) ?? missing,
        memo,
        offline: config.offline,
        clock,
        indexGraceMs: refreshGraceMs,
      }),
  );

  const publicBase = createPublicBase({
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
    trustedProxies: config.trustedProxies,
  });
  const hot = new HotDocuments(config.limits.memoryCacheBytes, publicBase, clock, () => hotPackages.makeRoom());
  const packages = new Packages({
    ...(parts.patience?.publishedHashMs !== undefined && { publishedGraceMs: parts.patience.publishedHashMs }),
    store: store.packages,
    facts: store.facts,
    offline: config.offline,
    clock,
    log,
    maxPackageBytes: config.limits.maxPackageBytes,
    trouble,
    passThroughBytes: config.limits.passThroughBytes,
    damaged,
    onAbsent: (id) => hot.forget(id),
    onAsked: (feed, identity) => prefetch?.packageAsked(feed, identity),
    onComing: (feed, download) => prefetch?.packageComing(feed, download),
    onKept: ({ source, identity }) => searchIndex.learn({ source, kind: 'registration', name: identity.id.key }),
    newBudget,
  });
  // Documents come first: packages have what these leave.
  const hotPackages = new HotPackages({
    packages,
    clock,
    log,
    room: () => config.limits.memoryCacheBytes - hot.bytes,
  });
  const prefetched = new PrefetchFigures(clock);
  // Who opens the house for a verb fetches what the verb says.
  const prefetch =
    isServing && config.prefetch.closure && !config.offline
      ? new Prefetch({
          ...{ facts, store: store.packages, packages, figures: prefetched, clock, log },
          rememberMs: Math.min(config.freshness.versionsMs, longestRememberedMs),
          hasRoom: () => hasRoom(store, config.store.maxBytes, trouble),
        })
      : undefined;
  const insight = new Insight({
    prefetched,
    version,
    startedAtMs: clock.now(),
    offline: config.offline,
    maxBytes: config.store.maxBytes,
    store,
    counters,
    clock,
    feeds,
    mapping,
    refusals: packages.refusals,
    damaged,
    sources: sources.map((source) => ({ ...source, ...catalogs.of(source.name) })),
  });
  const refetch = async (identity: PackageIdentity, source: string): Promise<Answer<PackageRow>> => {
    const member = eligibleSources(identity.id, mapping).includes(source) ? readers.get(source) : undefined;
    if (member) return packages.refetch(member, identity);
    return refused({ code: 'source-refused', detail: `${source} may not be asked for it any more` });
  };
  const verify = ({ repair = false, signal }: VerifyChoice = {}) =>
    verifyStore({
      ...{ store, clock },
      ...(repair && { repair: { forget: (row: PackageRow, error: Error) => damaged.forget(row, error), refetch } }),
      ...(signal && { signal }),
    });
  const maintenance = new Maintenance({
    store,
    sources: sources.map(({ name }) => name),
    verify,
    onForgotten: (id) => {
      hot.forget(id);
      for (const { name } of sources) searchIndex.learn({ source: name, kind: 'registration', name: id.key });
    },
  });
  const beginInBackground = () => {
    catalogs.begin(readers);
    packages.resume(readers.values());
  };
  const close = async () => {
    const following = catalogs.close();
    prefetch?.end();
    for (const { health } of sources) health.close();
    await Promise.all(sources.map(({ source }) => source.close()));
    await following;
    await packages.close();
    await prefetch?.close();
    await searchIndex.close();
    await store.close();
  };
  return {
    ...{ log, clock, counters, store, trouble, sources, packages, feeds, searches, vulnerabilities, signatures },
    ...{ searchIndex, insight, maintenance, verify, hot, hotPackages, publicBase, beginInBackground, close },
  };
}

/** Nothing that is in use goes for what nobody asked for: a store that comes near its quota takes no more of it. */
async function hasRoom(store: Store, maxBytes: number | undefined, trouble: StoreTrouble): Promise<boolean> {
  if (trouble.reason !== undefined) return false;
  return maxBytes === undefined || (await store.stats()).diskBytes < maxBytes * mostForGuesses;
}

function ownUrl({ listen: { host, port, tls } }: Config): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
