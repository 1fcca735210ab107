import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mood } from '../../support/recorded-registry.js';
import type { Asked, WorldOrder, WorldReply } from './world-order.js';
import { worldShape } from './world-shape.js';
import type { WorldShape, WorldSize } from './world-shape.js';

const [family, otherFamily] = ['Bench', 'Other'];

const program = fileURLToPath(new URL('world-process.js', import.meta.url));

/** One of the world's V3 sources. */
export interface WorldSource {
  /** The service index. */
  readonly url: string;
  become(mood: Mood): Promise<void>;
  /** What it was asked since it was opened or since the last time. */
  asked(): Promise<Asked>;
}

/** Packages, on disk and served by a process of its own. */
export class World {
  private constructor(
    readonly shape: WorldShape,
    /** As many packages, all of them others. */
    readonly others: WorldShape,
    /** Empty at the beginning, for whoever measures; gone with the world. */
    readonly directory: string,
    private readonly child: ChildProcess,
  ) {}

  /** Makes the packages, which takes some seconds. Close it at the end. */
  static async start(size: WorldSize): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'larder-bench-'));
    const world = new World(worldShape(size, family), worldShape(size, otherFamily), directory, fork(program));
    await world.#order({ kind: 'make', folder: world.folder, size, families: [family, otherFamily] });
    return world;
  }

  /** The same packages as a local folder feed. */
  get folder(): string {
    return join(this.directory, 'folder');
  }

  /** Opens a source with these packages, on loopback or so far away. */
  async openSource({ roundTripMs = 0 }: { roundTripMs?: number } = {}): Promise<WorldSource> {
    const reply = await this.#order({ kind: 'open', roundTripMs });
    if (reply.kind !== 'opened') throw new Error('the source was not opened');
    const { source, url } = reply;
    return {
      url,
      become: async (mood) => void (await this.#order({ kind: 'become', source, mood })),
      asked: async () => {
        const answer = await this.#order({ kind: 'asked', source });
        if (answer.kind !== 'asked') throw new Error('the source does not say what it was asked');
        return answer.asked;
      },
    };
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    await rm(this.directory, { recursive: true, force: true });
  }

  /** One at a time. */
  async #order(order: WorldOrder): Promise<WorldReply> {
    const over = new AbortController();
    const { signal } = over;
    const replied = once(this.child, 'message', { signal });
    const ended = once(this.child, 'exit', { signal }).then(() => {
      throw new Error('the process of the sources ended');
    });
    this.child.send(order);
    const [reply] = (await Promise.race([replied, ended])) as [WorldReply];
    for (const one of [replied, ended]) one.catch(() => undefined);
    over.abort();
    if (reply.kind === 'failed') throw new Error(reply.message);
    return reply;
  }
}
