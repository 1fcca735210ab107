import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MovedBlobError } from '../../src/feed/store.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { PackageTraffic, readBack, sampleOf } from '../support/package-traffic.js';
import { keep } from '../support/sample-package.js';
import type { Figure } from './figure.js';
import { rowOf } from './row.js';
import type { Row } from './row.js';

const mebibyte = 1024 * 1024;
/** Of all that this process writes: nothing else writes while it is measured. */
const written = '/proc/self/io';

/** What a store with a quota costs the disk, while several times the quota passes through it. By hand and longer: `quota.js`. */
export const quotaCost: Figure = {
  id: 'P9',
  name: 'a store with a quota',
  async measure({ isQuick, onRound }) {
    const maxBytes = (isQuick ? 64 : 512) * mebibyte;
    const rounds = isQuick ? 1 : 3;
    const once: number[] = [];
    const underQuota: number[] = [];
    const overhead: number[] = [];
    for (let seed = 1; seed <= rounds; seed++) {
      onRound?.(seed, rounds);
      once.push((await passThrough(maxBytes, maxBytes, seed)).writtenPerStored);
      const cost = await passThrough(maxBytes, (isQuick ? 2 : 4) * maxBytes, seed, maxBytes);
      underQuota.push(cost.writtenPerStored);
      overhead.push(cost.diskPerLive);
    }
    const facts = { unit: '×', better: 'lower', peer: null } as const;
    const name = `quota of ${maxBytes / mebibyte} MiB`;
    const writes = (row: Pick<Row, 'id' | 'name' | 'target'>, rounds: readonly number[]): Row =>
      existsSync(written)
        ? rowOf({ ...facts, ...row }, rounds)
        : { ...facts, ...row, value: null, low: null, high: null, skipped: 'what is written cannot be measured here' };
    return [
      writes({ id: 'P9a', name: 'bytes written per byte taken in', target: 2.1 }, once),
      rowOf({ ...facts, id: 'P9b', name: `${name}: bytes on disk per byte kept`, target: 1.1 }, overhead),
      writes(
        { id: 'P9c', name: `${name}: bytes written per byte taken in, survivors included`, target: null },
        underQuota,
      ),
    ];
  },
};

async function passThrough(scaleBytes: number, untilBytes: number, seed: number, maxBytes?: number) {
  const path = await mkdtemp(join(tmpdir(), 'larder-bench-'));
  try {
    const store = await openLevelStore(path, { now: Date.now, ...(maxBytes !== undefined && { maxBytes }) });
    store.evictWhere(async () => true);
    const traffic = new PackageTraffic({
      ...{ seed, packages: Math.round(scaleBytes / 25_000), medianBytes: 60_000 },
      ...{ maxBytes: Math.min(20_000_000, scaleBytes / 32), skew: 0.9 },
    });
    const before = await writtenBytes();
    const arriving = new Map<string, Promise<unknown>>();
    let takenBytes = 0;
    const lane = async () => {
      while (takenBytes < untilBytes) {
        const wanted = traffic.next();
        await arriving.get(wanted.identity.key);
        const isKept = await readBack(store.packages, wanted).catch((error: unknown) => {
          if (!(error instanceof MovedBlobError)) throw error;
          return undefined;
        });
        if (isKept !== undefined) continue;
        takenBytes += wanted.size;
        const keeping = keep(store.packages, sampleOf(wanted));
        arriving.set(wanted.identity.key, keeping);
        await keeping;
        arriving.delete(wanted.identity.key);
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    const writtenPerStored = ((await writtenBytes()) - before) / takenBytes;
    const { bytes, diskBytes } = await store.stats();
    await store.close();
    return { writtenPerStored, diskPerLive: diskBytes / bytes };
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function writtenBytes(): Promise<number> {
  if (!existsSync(written)) return Number.NaN;
  return Number(/^wchar: (\d+)$/m.exec(await readFile(written, 'utf8'))?.[1]);
}
