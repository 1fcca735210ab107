import type { BenchOptions, Figure } from '../figure.js';
import { whyNoNginx } from '../nginx.js';
import { rowOf } from '../row.js';
import { inWorld, skippedRow } from './in-world.js';
import { measureRounds, medianSeconds, ratios } from './rounds.js';
import { throughFreshLarder } from './through-fresh-larder.js';
import { throughFreshNginx } from './through-fresh-nginx.js';

/** A restore through a Larder that has nothing yet, in times of going to the source, where the source is on this machine. */
export const coldRestore: Figure = {
  id: 'P3b',
  name: 'cold restore',
  measure({ isQuick, onRound }: BenchOptions) {
    const plan = { ...(isQuick ? { rounds: 1, warmUps: 0 } : { rounds: 5, warmUps: 1 }), onRound };
    return inWorld(isQuick ? 'small' : 'medium', coldRestore, async (world, client, others) => {
      const source = await world.openSource();
      const noNginx = await whyNoNginx();
      const rounds = await measureRounds<string>(
        {
          fresh: throughFreshLarder({ world, source, client }),
          ...(!isQuick && { running: throughFreshLarder({ world, source, client, before: others }) }),
          ...(noNginx === undefined && { nginx: throughFreshNginx(source, client) }),
          direct: () => client.restore(source.url),
        },
        plan,
      );
      const row = (peer: string, id: string, how: string, target: number | null) => {
        const name = `cold restore of ${world.shape.packages.length} packages${how} / going to the source`;
        const facts = { id, unit: 'times', better: 'lower', target, peer: 'source' } as const;
        if (peer === 'nginx' && noNginx !== undefined) return skippedRow({ ...facts, name }, noNginx);
        const seconds = `(${medianSeconds(rounds, peer)} / ${medianSeconds(rounds, 'direct')})`;
        return rowOf({ ...facts, name: `${name} ${seconds}` }, ratios(rounds, peer, 'direct'));
      };
      return [
        row('fresh', 'P3b', '', 1.05),
        ...(isQuick ? [] : [row('running', 'P3b-running', ', others were restored before,', null)]),
        row('nginx', 'P3b-nginx', ' through an nginx that has nothing', null),
      ];
    });
  },
};
