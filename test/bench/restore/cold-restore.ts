import type { BenchOptions, Figure } from '../figure.js';
import { rowOf } from '../row.js';
import { inWorld } from './in-world.js';
import { measureRounds, medianSeconds, ratios } from './rounds.js';
import { throughFreshLarder } from './through-fresh-larder.js';

/** A restore through a Larder that has nothing yet, in times of going to the source, where the source is on this machine. */
export const coldRestore: Figure = {
  id: 'P3b',
  name: 'cold restore',
  measure({ isQuick, onRound }: BenchOptions) {
    const plan = { ...(isQuick ? { rounds: 1, warmUps: 0 } : { rounds: 5, warmUps: 1 }), onRound };
    return inWorld(isQuick ? 'small' : 'medium', coldRestore, async (world, client, others) => {
      const source = await world.openSource();
      const rounds = await measureRounds<string>(
        {
          fresh: throughFreshLarder({ world, source, client }),
          ...(!isQuick && { running: throughFreshLarder({ world, source, client, before: others }) }),
          direct: () => client.restore(source.url),
        },
        plan,
      );
      const row = (peer: string, id: string, how: string, target: number | null) =>
        rowOf(
          {
            id,
            name: `cold restore of ${world.shape.packages.length} packages${how} / going to the source (${medianSeconds(rounds, peer)} / ${medianSeconds(rounds, 'direct')})`,
            ...{ unit: 'times', better: 'lower', target, peer: 'source' },
          },
          ratios(rounds, peer, 'direct'),
        );
      const all = [row('fresh', 'P3b', '', 1.05)];
      return isQuick ? all : [...all, row('running', 'P3b-running', ', others were restored before,', null)];
    });
  },
};
