import type { BenchOptions, Figure } from '../figure.js';
import { rowOf } from '../row.js';
import { startFreshLarder } from './fresh-larder.js';
import { inWorld } from './in-world.js';
import { measureRounds, medianSeconds, ratios } from './rounds.js';

/** A restore through a Larder that has nothing yet, in times of going to the source, where the source is on this machine. */
export const coldRestore: Figure = {
  id: 'P3b',
  name: 'cold restore',
  measure({ isQuick }: BenchOptions) {
    const plan = isQuick ? { rounds: 1, warmUps: 0 } : { rounds: 9, warmUps: 1 };
    return inWorld(isQuick ? 'small' : 'medium', coldRestore, async (world, client) => {
      const near = await world.openSource();
      const through = async () => {
        const larder = await startFreshLarder(world, near);
        try {
          return await client.restore(larder.url);
        } finally {
          await larder.close();
        }
      };
      const rounds = await measureRounds({ through, direct: () => client.restore(near.url) }, plan);
      const seconds = `(${medianSeconds(rounds, 'through')} / ${medianSeconds(rounds, 'direct')})`;
      return [
        rowOf(
          {
            id: 'P3b',
            name: `cold restore of ${world.shape.packages.length} packages / going to the source ${seconds}`,
            unit: 'times',
            better: 'lower',
            target: 1.05,
            peer: 'source',
          },
          ratios(rounds, 'through', 'direct'),
        ),
      ];
    });
  },
};
