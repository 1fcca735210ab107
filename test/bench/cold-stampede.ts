import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { request } from 'undici';
import { canMeasureMemory } from '../support/larder-process.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { Figure } from './figure.js';
import { startLoggedLarder } from './logged-larder.js';
import type { LoggedLarder } from './logged-larder.js';
import { rowOf, skippedRows } from './row.js';

const run = promisify(execFile);
const crowdProgram = fileURLToPath(new URL('crowd.js', import.meta.url));
const settleMs = 1_000;
const lookEveryMs = 50;

/** Many clients ask at the same moment for one package that is not kept yet. */
export const coldStampede: Figure = {
  id: 'P8',
  name: 'a stampede',
  async measure({ isQuick, onRound }) {
    const rounds = isQuick ? 1 : 3;
    const [clients, fillerBytes] = isQuick ? [50, 3_000_000] : [500, 50_000_000];
    const seen = { requests: [] as number[], grownMB: [] as number[], seconds: [] as number[] };
    for (let round = 1; round <= rounds; round++) {
      onRound?.(round, rounds);
      const { requests, grownMB, seconds } = await stampede(clients, fillerBytes);
      seen.requests.push(requests);
      seen.grownMB.push(grownMB);
      seen.seconds.push(seconds);
    }
    const what = `${clients} clients, one cold package of ${fillerBytes / 1e6} MB`;
    const facts = { better: 'lower', peer: null } as const;
    const memory = { ...facts, id: 'P8b', name: `${what}: memory over idle, at the most`, unit: 'MB', target: 64 };
    return [
      rowOf(
        { ...facts, id: 'P8a', name: `${what}: requests at the source`, unit: 'requests', target: 1 },
        seen.requests,
      ),
      ...(canMeasureMemory
        ? [rowOf(memory, seen.grownMB)]
        : skippedRows([rowOf(memory, [])], 'private memory cannot be measured here')),
      rowOf({ ...facts, id: 'P8c', name: `${what}: until all have it`, unit: 's', target: null }, seen.seconds),
    ];
  },
};

/** With a Larder and a source of its own. @throws when a client does not get every byte */
async function stampede(clients: number, fillerBytes: number) {
  const directory = await mkdtemp(join(tmpdir(), 'larder-bench-'));
  const source = await startScriptedSource({
    packages: [
      { id: 'Small', version: '1.0.0' },
      { id: 'Large', version: '1.0.0', fillerBytes },
    ],
  });
  const larder = await startLoggedLarder(directory, source.url);
  try {
    const file = join(directory, 'original');
    await writeFile(file, source.package('Large', '1.0.0').bytes);
    await (await request(`${larder.origin}/v3/flat/small/1.0.0/small.1.0.0.nupkg`)).body.dump();
    await sleep(settleMs);
    const idleBytes = await privateBytes(larder);
    const watch = watchMemory(larder);
    const address = `${larder.origin}/v3/flat/large/1.0.0/large.1.0.0.nupkg`;
    const { stdout } = await run(process.execPath, [crowdProgram, String(clients), address, file]);
    const highestBytes = await watch.end();
    const { whole, seconds, failure } = JSON.parse(stdout) as { whole: number; seconds: number; failure?: string };
    if (whole !== clients)
      throw new Error(`${clients - whole} of ${clients} clients went without: ${failure ?? 'wrong bytes'}`);
    const requests = source.count('/large.1.0.0.nupkg');
    return { requests, grownMB: Math.max(0, highestBytes - idleBytes) / 1e6, seconds };
  } finally {
    await larder.close();
    await source.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const privateBytes = (larder: LoggedLarder) => (canMeasureMemory ? larder.privateBytes() : Promise.resolve(0));

/** Follows the private memory until told to stop, and says the highest that it saw. */
function watchMemory(larder: LoggedLarder): { end(): Promise<number> } {
  const stop = new AbortController();
  let highestBytes = 0;
  const watching = (async () => {
    while (!stop.signal.aborted) {
      highestBytes = Math.max(highestBytes, await privateBytes(larder));
      await sleep(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async end() {
      stop.abort();
      await watching;
      return highestBytes;
    },
  };
}
