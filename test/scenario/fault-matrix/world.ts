import type { ExecutionContext } from 'ava';

import { MemoryStore } from '../../../src/store/memory-store.js';
import { startLarder } from '../../support/larder.js';
import type { LarderUnderTest } from '../../support/larder.js';
import { startProxy } from '../../support/proxy-server.js';
import type { ProxyScript } from '../../support/proxy-server.js';
import { RunningClock } from '../../support/running-clock.js';
import { startScriptedSource } from '../../support/scripted-source.js';
import type { ScriptedSource, SourceTraits } from '../../support/scripted-source.js';
import { tellVulnerabilities, vulnerabilityPagePath } from '../../support/scripted-vulnerabilities.js';
import { startTlsGate } from '../../support/tls-gate.js';
import type { TlsGate } from '../../support/tls-gate.js';
import { certificateText } from '../../support/tls-server.js';
import { known, resources } from './resource.js';
import type { Resource } from './resource.js';

/** How a Larder reaches its sources. */
export type Way = 'plain' | 'tls' | 'proxied';

/** One column's source. */
export interface Cell {
  readonly resource: Resource;
  readonly source: ScriptedSource;
  /** Before the source, where it is reached by TLS. */
  readonly gate: TlsGate | undefined;
  /** As the world's. */
  readonly slowness: number;
}

/** A Larder with a source for each column. */
export interface World {
  readonly clock: RunningClock;
  readonly cells: readonly Cell[];
  readonly larder: LarderUnderTest;
  /** What the proxy does, where there is one. */
  readonly proxy: { -readonly [K in keyof ProxyScript]: ProxyScript[K] };
  readonly store: MemoryStore;
  /** Starts a second Larder on the same store that asks nobody. */
  startOffline(): Promise<LarderUnderTest>;
}

/** What a source is given to answer, scaled down as the test's hours are. */
const timeLimitMs = 700;
const requestBudgetMs = 3_000;
/** So that registrations have pages of their own from two versions on. */
const pagedTraits = { pageSize: 2, inlineUpTo: 1 };

export interface WorldOptions {
  readonly way?: Way | undefined;
  readonly traits?: Partial<SourceTraits> | undefined;
  /** Everything that is a matter of time takes so many times as long: 1, or more on a machine that is busy otherwise. */
  readonly slowness: number;
}

export async function startWorld(t: ExecutionContext, options: WorldOptions): Promise<World> {
  const { way = 'plain', slowness } = options;
  const cells = await Promise.all(resources.map((resource) => startCell(t, resource, options)));
  const timeLimit = `${timeLimitMs * slowness}ms`;
  const limits = { requestBudget: `${requestBudgetMs * slowness}ms`, maxDocumentBytes: '1MB', maxPackageBytes: '2MB' };
  const clock = new RunningClock();
  const store = new MemoryStore();
  const proxy: World['proxy'] = {};
  const proxyUrl = way === 'proxied' ? (await startProxy(t, proxy)).url : undefined;
  const settings = {
    sources: Object.fromEntries(cells.map(({ resource, source }) => [resource.feed, source])),
    source: {
      timeouts: { headers: timeLimit, idle: timeLimit },
      ...(proxyUrl !== undefined && { proxy: proxyUrl }),
      ...(way === 'tls' && { ca: certificateText('authority.pem') }),
    },
    config: { limits, feeds: resources.map(({ feed }) => ({ name: feed, sources: [feed] })) },
    ...{ clock, store },
  };
  const larder = await startLarder(t, settings);
  const startOffline = () => startLarder(t, { ...settings, config: { ...settings.config, offline: true } });
  return { clock, cells, larder, proxy, store, startOffline };
}

async function startCell(
  t: ExecutionContext,
  resource: Resource,
  { way, traits, slowness }: WorldOptions,
): Promise<Cell> {
  const gate = way === 'tls' ? await startTlsGate(t) : undefined;
  const source = await startScriptedSource({
    packages: resource.versions.map((version) => ({ id: resource.id, version, fillerBytes: resource.fillerBytes })),
    traits: { ...pagedTraits, ...traits },
    ...(gate && { knownAs: gate.origin }),
  });
  t.teardown(() => source.close());
  gate?.leadTo(source.port);
  if (resource.name === 'vulnerabilities')
    // A relative address: it holds when everything moves.
    tellVulnerabilities(source, [
      {
        ...{ name: 'base', updated: '2024-01-01T00:00:00.0000000Z', packages: known },
        address: `../../${vulnerabilityPagePath('base')}`,
      },
    ]);
  return { resource, source, gate, slowness };
}
