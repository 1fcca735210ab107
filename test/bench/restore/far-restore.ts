import type { BenchOptions, Figure } from '../figure.js';
import { rowOf } from '../row.js';
import type { Row } from '../row.js';
import { roundTripMs } from '../world/far.js';
import type { WorldSize } from '../world/world-shape.js';
import { startFreshLarder } from './fresh-larder.js';
import { inWorld } from './in-world.js';
import { measureRounds, medianSeconds } from './rounds.js';

/** What a Larder that has nothing yet leaves of the time that a far source costs. What a restore from a folder takes is the client's own. */
export const farRestore: Figure = {
  id: 'P4',
  name: 'far restore',
  async measure({ isQuick }: BenchOptions) {
    if (isQuick) return measureFar('small', { rounds: 1, warmUps: 0 });
    return [
      ...(await measureFar('medium', { rounds: 7, warmUps: 1 })),
      ...(await measureFar('large', { rounds: 3, warmUps: 1 })),
    ];
  },
};

function measureFar(size: WorldSize, plan: { rounds: number; warmUps: number }): Promise<readonly Row[]> {
  return inWorld(size, farRestore, async (world, client) => {
    const far = await world.openSource({ roundTripMs });
    const through = async () => {
      const larder = await startFreshLarder(world, far);
      try {
        return await client.restore(larder.url);
      } finally {
        await larder.close();
      }
    };
    const rounds = await measureRounds(
      { through, direct: () => client.restore(far.url), folder: () => client.restore(world.folder) },
      plan,
    );
    const [larderTook, directTook, folderTook] = (['through', 'direct', 'folder'] as const).map((peer) =>
      medianSeconds(rounds, peer),
    );
    const what = `cold restore of ${world.shape.packages.length} packages, source ${roundTripMs} ms away`;
    return [
      rowOf(
        {
          id: 'P4',
          name: `${what}: waiting / going to it (${larderTook} / ${directTook}, folder ${folderTook})`,
          unit: 'times',
          better: 'lower',
          target: 0.5,
          peer: 'source',
        },
        rounds.map((round) => (round.through - round.folder) / (round.direct - round.folder)),
      ),
    ];
  });
}
