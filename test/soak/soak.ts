import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';

import { startLarderProcess } from '../support/larder-process.js';
import { footprintOf, growth } from './footprint.js';
import type { Footprint } from './footprint.js';
import { askOn } from './mixed-client.js';
import { randomFrom } from '../support/random.js';
import { Tally } from './tally.js';
import { createWorld, trouble } from './world.js';

export interface SoakOptions {
  readonly seconds: number;
  /** Ends it before its time. */
  readonly maxRequests?: number;
  readonly clients: number;
  readonly ids: number;
  readonly seed: number;
  /** More of the configuration, as in the file. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly tell: (line: string) => void;
}

export interface SoakReport {
  readonly seconds: number;
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly troubles: number;
  readonly footprints: readonly Footprint[];
  /** After the warm-up. */
  readonly growth: { readonly bytes: number; readonly descriptors: number };
  /** What the log told at `error` or above: message and how often. */
  readonly errors: Readonly<Record<string, number>>;
}

/** After the last question: the longest drip, several times over, on a machine that has other work too. */
const longestAnswerMs = 60_000;

/** Many clients of many kinds against one server whose sources fail in every way, one after the other. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, maxRequests = Number.POSITIVE_INFINITY, clients, ids, seed, tell } = options;
  const random = randomFrom(seed);
  const world = await createWorld(ids, random);
  const folder = join(tmpdir(), `larder-soak-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const settings = {
    // Less than there is: packages are evicted and come again.
    store: { path: 'data', maxBytes: '64MB' },
    sources: [
      { name: 'house', url: world.sources.house.url, packages: ['Corp.*'], timeouts: { headers: '2s', idle: '2s' } },
      { name: 'public', url: world.sources.public.url, timeouts: { headers: '2s', idle: '2s' } },
    ],
    freshness: { versions: '2s', registration: '3s', search: '2s', missing: '1s', serviceIndex: '10s' },
    limits: { requestBudget: '5s' },
    ...options.config,
  };
  await writeFile(join(folder, 'larder.json'), JSON.stringify(settings));
  const larder = await startLarderProcess(['--config', 'larder.json'], {
    cwd: folder,
    env: { LARDER_LOG__LEVEL: 'error' },
  });
  const pid = larder.child.pid ?? 0;
  const agent = new Agent({ connections: clients, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const tally = new Tally(tell);
  const footprints: Footprint[] = [];
  const startedMs = performance.now();
  const elapsed = () => (performance.now() - startedMs) / 1000;
  const goesOn = () => elapsed() < seconds && tally.requests < maxRequests && larder.child.exitCode === null;
  let troubles = 0;

  const observe = async () => {
    const everyMs = Math.max(500, Math.min(10_000, (seconds * 1000) / 60));
    while (goesOn()) {
      footprints.push(await footprintOf(pid, elapsed()));
      for (const source of Object.values(world.sources)) source.requests.length = 0;
      const { privateBytes = 0, descriptors = 0 } = footprints.at(-1) ?? {};
      tell(
        `${Math.round(elapsed())} s: ${tally.line()}, ${troubles} troubles, ${Math.round(privateBytes / 1e6)} MB, ${descriptors} descriptors`,
      );
      await sleep(everyMs);
    }
  };
  const disturb = async () => {
    while (goesOn()) {
      await sleep(3_000 * random());
      if (!goesOn()) break;
      await trouble(world, random, (ms) => sleep(ms));
      troubles++;
    }
  };
  const asking = Array.from({ length: clients }, (_, at) =>
    askOn({ agent, origin: new URL(larder.url).origin, world, random: randomFrom(seed + 1 + at), tally }, goesOn),
  );
  const overdue = setTimeout(
    () => {
      tally.isOverdue();
      void agent.destroy();
    },
    seconds * 1000 + longestAnswerMs,
  );
  try {
    await Promise.all([observe(), disturb(), ...asking]);
    if (larder.child.exitCode !== null) tally.isWrong(`the server ended with ${larder.child.exitCode}`);
    return {
      seconds: Math.round(elapsed()),
      requests: tally.requests,
      statuses: Object.fromEntries(tally.statuses),
      wrong: tally.wrong,
      troubles,
      footprints,
      growth: growth(footprints),
      errors: countMessages(larder.output),
    };
  } finally {
    clearTimeout(overdue);
    await agent.destroy();
    await larder.kill();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function countMessages(output: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of output) {
    if (!line.startsWith('{')) continue;
    const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } };
    const told = err ? `${msg}: ${err.message}` : msg;
    counts[told] = (counts[told] ?? 0) + 1;
  }
  return counts;
}
