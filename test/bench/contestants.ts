import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '../support/scripted-documents.js';
import { startLoggedLarder } from './logged-larder.js';
import { startNginx } from './nginx.js';
import { pinServer } from './pinned.js';

/** A server under load, known by where it has packages. */
export interface Contestant {
  readonly name: 'larder' | 'nginx';
  readonly pid: number;
  /** Everything below the flat container: `alpha/index.json`. */
  readonly urlOf: (path: string) => string;
}

export interface Contest {
  readonly larder: Contestant;
  readonly nginx: Contestant;
  /** In turns: who was first in one round is second in the next. */
  readonly inTurns: (round: number) => readonly [Contestant, Contestant];
}

/** Starts both in front of one source, with empty caches and each on the same processor, and ends them when `use` is through. */
export async function besideNginx<T>(serviceIndex: string, use: (contest: Contest) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-bench-'));
  const ends: (() => Promise<void>)[] = [];
  try {
    const started = await startLoggedLarder(directory, serviceIndex);
    ends.push(() => started.close());
    const peer = await startNginx(serviceIndex);
    ends.push(() => peer.close());
    for (const { pid } of [started, peer]) await pinServer(pid);
    const larder: Contestant = {
      ...{ name: 'larder', pid: started.pid },
      urlOf: (path) => `${started.origin}/v3/flat/${path}`,
    };
    const nginx: Contestant = {
      ...{ name: 'nginx', pid: peer.pid },
      urlOf: (path) => `${peer.origin}/${paths.flat}${path}`,
    };
    return await use({ larder, nginx, inTurns: (round) => (round % 2 === 0 ? [larder, nginx] : [nginx, larder]) });
  } finally {
    for (const end of ends) await end();
    await rm(directory, { recursive: true, force: true });
  }
}
