import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { canMeasureMemory, startLarderProcess } from '../support/larder-process.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { shippedScript } from '../support/shipped-build.js';
import type { Figure } from './figure.js';
import { rowOf } from './row.js';
import type { Row } from './row.js';
import { slowestHundredthMs } from './slowest-hundredth.js';

const fillProgram = fileURLToPath(new URL('fill-store.js', import.meta.url));

/** By hand, for other sizes than the usual. */
const ownPackages = process.env['TEST_LARGE_PACKAGES'];
const ownFillerBytes = process.env['TEST_LARGE_FILLER_BYTES'];
const smallPackages = 1_000;

/**
 * A store with many packages whose process was killed: how long the next start takes, what memory it costs, and how much longer packages
 * take to come out of it than out of a small one.
 */
export const largeStore: Figure = {
  id: 'P7',
  name: 'a large store',
  async measure({ isQuick, onRound }) {
    const packages = isQuick ? 300 : Number(ownPackages ?? 10_000);
    const fillerBytes = Number(ownFillerBytes ?? 0);
    const rounds = isQuick ? 2 : ownPackages === undefined ? 7 : 3;
    const settleMs = isQuick ? 500 : 10_000;
    const path = await mkdtemp(join(tmpdir(), 'larder-bench-'));
    const source = await startScriptedSource();
    try {
      const full = join(path, 'full');
      await fill(full, packages, fillerBytes);
      const startsMs: number[] = [];
      const overIdleMB: number[] = [];
      for (let round = 0; round < rounds; round++) {
        onRound?.(round + 1, rounds);
        const idle = await started(join(path, `empty${round}`), source.url, settleMs);
        const loaded = await started(full, source.url, settleMs);
        startsMs.push(loaded.ms);
        overIdleMB.push(Math.max(0, (loaded.bytes - idle.bytes) / 1e6));
      }
      const facts = { better: 'lower', peer: null } as const;
      const name = `${packages} packages`;
      const memory = { ...facts, id: 'P7b', name: `${name}: memory over an empty store`, unit: 'MB', target: null };
      return [
        rowOf({ ...facts, id: 'P7a', name: `${name}: start after kill -9`, unit: 'ms', target: 1_000 }, startsMs),
        canMeasureMemory
          ? rowOf(memory, overIdleMB)
          : { ...memory, value: null, low: null, high: null, skipped: 'private memory cannot be measured here' },
        await tail(join(path, 'small'), full, { packages, fillerBytes, url: source.url, isQuick }),
      ];
    } finally {
      await source.close();
      await rm(path, { recursive: true, force: true });
    }
  },
};

interface TailPlan {
  readonly packages: number;
  readonly fillerBytes: number;
  readonly url: string;
  readonly isQuick: boolean;
}

/** Both are asked in turn. */
async function tail(small: string, full: string, { packages, fillerBytes, url, isQuick }: TailPlan): Promise<Row> {
  await fill(small, isQuick ? 100 : smallPackages, fillerBytes);
  const script = await shippedScript();
  const [few, many] = [await start(script, small, url), await start(script, full, url)];
  try {
    const requests = isQuick ? 200 : 5_000;
    const ratios: number[] = [];
    for (let round = 0; round < (isQuick ? 1 : 6); round++) {
      const fewMs = await slowestHundredthMs(few.url, isQuick ? 100 : smallPackages, requests);
      const manyMs = await slowestHundredthMs(many.url, packages, requests);
      // The first fills caches of both.
      if (isQuick || round > 0) ratios.push(manyMs / fewMs);
    }
    const name = `${packages} packages: time of the slowest hundredth over that of ${isQuick ? 100 : smallPackages}`;
    return rowOf({ id: 'P7c', name, unit: '×', better: 'lower', target: 1.2, peer: null }, ratios);
  } finally {
    await Promise.all([few.kill(), many.kill()]);
  }
}

async function fill(path: string, packages: number, fillerBytes: number): Promise<void> {
  const child = spawn(process.execPath, [fillProgram, path, String(packages), String(fillerBytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const filled = await Promise.race([once(child.stdout, 'data').then(() => true), exited.then(() => false)]);
  child.kill('SIGKILL');
  await exited;
  if (!filled) throw new Error('the store could not be filled');
}

const start = (script: string, path: string, url: string) =>
  startLarderProcess(['--data', path, '--source', `origin=${url}`], { script });

/** Ends by kill -9. */
async function started(path: string, url: string, settleMs: number): Promise<{ ms: number; bytes: number }> {
  const script = await shippedScript();
  const beganAtMs = performance.now();
  const larder = await start(script, path, url);
  const ms = performance.now() - beganAtMs;
  await sleep(settleMs);
  const bytes = canMeasureMemory ? await larder.privateBytes() : Number.NaN;
  await larder.kill();
  return { ms, bytes };
}
