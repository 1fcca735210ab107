import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { MovedBlobError } from '../../src/feed/store.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { directoryBytes } from '../../src/store/level/store-directory.js';
import { IdealCache, PackageTraffic, readBack, sampleOf } from '../support/package-traffic.js';
import type { Wanted } from '../support/package-traffic.js';
import { LongTurns } from './long-turns.js';
import type { Turn } from './long-turns.js';
import { keep } from '../support/sample-package.js';

/*
 * By hand: `node build/test/bench/quota.js [GiB of quota, 2] [GiB of packages taken in, 20] [directory, the current one]`.
 * Traffic as package traffic is passes through a store with a quota; prints what the disk took, what was found, and how long reads took
 * before and while the store evicts.
 */
const [quotaGiB = '2', takenGiB = '20', below = '.'] = process.argv.slice(2);
const gibibyte = 1024 ** 3;
const maxBytes = Number(quotaGiB) * gibibyte;
const untilBytes = Number(takenGiB) * gibibyte;
const smallBytes = 256 * 1024;

const path = await mkdtemp(join(below, 'larder-quota-'));
const store = await openLevelStore(path, { now: Date.now, maxBytes, tell: ({ text }) => console.log(text) });
store.evictWhere(async () => true);
const traffic = new PackageTraffic({
  seed: 1,
  packages: Math.round((maxBytes / gibibyte) * 40_000),
  medianBytes: 60_000,
  maxBytes: 20_000_000,
  skew: 0.9,
});
const ideal = new IdealCache(maxBytes);
const loop = monitorEventLoopDelay({ resolution: 1 });
const turns = new LongTurns();
const arriving = new Map<string, Promise<unknown>>();
const readsMs = { before: [] as number[], evicting: [] as number[] };
let [asked, hits, wrong, moved, takenBytes, givenBytes, peakBytes] = [0, 0, 0, 0, 0, 0, 0];
let isEvicting = false;
let isOver = false;

async function ask(wanted: Wanted): Promise<void> {
  asked++;
  ideal.ask(wanted);
  await arriving.get(wanted.identity.key);
  const sinceMs = performance.now();
  const isRight = await readBack(store.packages, wanted).catch((error: unknown) => {
    if (!(error instanceof MovedBlobError)) throw error;
    moved++;
    return undefined;
  });
  if (isRight !== undefined) {
    hits++;
    givenBytes += wanted.size;
    if (!isRight) wrong++;
    if (wanted.size <= smallBytes) readsMs[isEvicting ? 'evicting' : 'before'].push(performance.now() - sinceMs);
    return;
  }
  takenBytes += wanted.size;
  const keeping = keep(store.packages, sampleOf(wanted));
  arriving.set(wanted.identity.key, keeping);
  await keeping;
  arriving.delete(wanted.identity.key);
}

async function lane(): Promise<void> {
  while (takenBytes < untilBytes) await ask(traffic.next());
}

async function watch(): Promise<void> {
  while (!isOver) {
    peakBytes = Math.max(peakBytes, await directoryBytes(path));
    const { pins } = await store.stats();
    if (pins > 0 && !isEvicting) {
      isEvicting = true;
      loop.reset();
      turns.reset();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const percentile = (values: number[], share: number): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `${(sorted[Math.floor(share * sorted.length)] ?? NaN).toFixed(1)} ms`;
};

const rounded = (turn: Turn) =>
  JSON.stringify(turn, (_, value: unknown) => (typeof value === 'number' ? Math.round(value) : value));

loop.enable();
const startedMs = performance.now();
const watching = watch();
await Promise.all(Array.from({ length: 8 }, lane));
const seconds = (performance.now() - startedMs) / 1000;
isOver = true;
await watching;
console.log({
  ...(await store.stats()),
  asked,
  wrong,
  moved,
  peakShareOfQuota: (peakBytes / maxBytes).toFixed(3),
  hitRate: (hits / asked).toFixed(3),
  idealHitRate: ideal.hitRate.toFixed(3),
  takenInMBps: Math.round(takenBytes / 1e6 / seconds),
  givenOutMBps: Math.round(givenBytes / 1e6 / seconds),
  loopMaxMsEvicting: Math.round(loop.max / 1e6),
  loopP99MsEvicting: Math.round(loop.percentile(99) / 1e6),
  longestTurnEvicting: rounded(turns.longest),
  busiestTurnEvicting: rounded(turns.busiest),
  smallReadP50: { before: percentile(readsMs.before, 0.5), evicting: percentile(readsMs.evicting, 0.5) },
  smallReadP99: { before: percentile(readsMs.before, 0.99), evicting: percentile(readsMs.evicting, 0.99) },
  anonymousMiB: Math.round(process.memoryUsage().rss / 1024 ** 2),
});
turns.end();
await store.close();
await rm(path, { recursive: true });
