import test from 'ava';
import { MovedBlobError } from '../../../src/feed/store.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { directoryBytes } from '../../../src/store/level/store-directory.js';
import { IdealCache, PackageTraffic, readBack, sampleOf } from '../../support/package-traffic.js';
import type { Wanted } from '../../support/package-traffic.js';
import { keep } from '../../support/sample-package.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const mebibyte = 1024 * 1024;
const maxBytes = 64 * mebibyte;
const trafficBytes = 640 * mebibyte;

test('trap 30: ten times its quota passes through, the disk never takes more than a tenth above it, and what is wanted stays', async (t) => {
  t.timeout(240_000);
  const path = await temporaryDirectory(t);
  const store = await openLevelStore(path, { now: Date.now, maxBytes, tell: (note) => t.log(note.text) });
  t.teardown(() => store.close());
  store.evictWhere(async () => true);
  const traffic = new PackageTraffic({ seed: 7, packages: 6000, medianBytes: 40_000, maxBytes: 2_000_000, skew: 0.9 });
  const ideal = new IdealCache(maxBytes);
  const figures = { asked: 0, hits: 0, takenBytes: 0, peakBytes: 0, slowestReadMs: 0, moved: 0 };
  let isOver = false;
  const arriving = new Map<string, Promise<unknown>>();

  const ask = async (wanted: Wanted): Promise<void> => {
    figures.asked++;
    ideal.ask(wanted);
    await arriving.get(wanted.identity.key);
    const sinceMs = performance.now();
    const isRight = await readBack(store.packages, wanted).catch((error: unknown) => {
      if (!(error instanceof MovedBlobError)) throw error;
      figures.moved++;
      return undefined;
    });
    if (isRight !== undefined) {
      figures.hits++;
      figures.slowestReadMs = Math.max(figures.slowestReadMs, performance.now() - sinceMs);
      t.true(isRight, wanted.identity.key);
      return;
    }
    const sample = sampleOf(wanted);
    figures.takenBytes += wanted.size;
    const keeping = keep(store.packages, sample);
    arriving.set(wanted.identity.key, keeping);
    await keeping;
    arriving.delete(wanted.identity.key);
  };
  const lane = async (): Promise<void> => {
    while (figures.takenBytes < trafficBytes) await ask(traffic.next());
  };
  const watch = async (): Promise<void> => {
    while (!isOver) {
      figures.peakBytes = Math.max(figures.peakBytes, await directoryBytes(path));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const watching = watch();
  await Promise.all([lane(), lane(), lane(), lane()]);
  isOver = true;
  await watching;

  const hitRate = figures.hits / figures.asked;
  t.log({ ...figures, hitRate, idealHitRate: ideal.hitRate, ...(await store.stats()) });
  t.true(figures.peakBytes <= 1.1 * maxBytes, `${figures.peakBytes} bytes were on disk`);
  t.true(hitRate >= ideal.hitRate - 0.05, `${hitRate} of the packages were there, ${ideal.hitRate} could have been`);
  t.true((await store.stats()).pins > 0);
});
