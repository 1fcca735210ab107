import type { BenchOptions, Figure } from '../figure.js';
import { whyNoNginx } from '../nginx.js';
import { rowOf } from '../row.js';
import type { Row } from '../row.js';
import { paths as sourcePaths } from '../../support/scripted-documents.js';
import { roundTripMs } from '../world/far.js';
import type { WorldSize } from '../world/world-shape.js';
import { inWorld, skippedRow } from './in-world.js';
import { measureRounds } from './rounds.js';
import type { RoundPlan } from './rounds.js';
import { AskedPaths } from './asked-paths.js';
import { throughFreshLarder } from './through-fresh-larder.js';
import { throughFreshNginx } from './through-fresh-nginx.js';
import { measureTrips } from './far-trips.js';
import { distanceRow } from './distance-row.js';
import { wideLimits } from './wide-limits.js';

const flatPath = sourcePaths.flat;

interface FarPlan extends RoundPlan {
  /** Also without thinking ahead, and with as many connections as the client itself opens and more. */
  readonly isWhole: boolean;
}

const withoutPrefetch = { prefetch: { closure: false } };

/** What a Larder that has nothing yet leaves of the time that a far source costs. What a restore from a folder takes is the client's own. */
export const farRestore: Figure = {
  id: 'P4',
  name: 'far restore',
  async measure({ isQuick, onRound }: BenchOptions) {
    if (isQuick) return measureFar('small', { rounds: 1, warmUps: 0, onRound, isWhole: false });
    return [
      ...(await measureFar('medium', { rounds: 5, warmUps: 1, onRound, isWhole: true })),
      ...(await measureFar('large', { rounds: 2, warmUps: 0, onRound, isWhole: false })),
      ...(await inWorld('medium', farRestore, (...all) => measureTrips(...all, { rounds: 3, warmUps: 0, onRound }))),
    ];
  },
};

function measureFar(size: WorldSize, { isWhole, ...plan }: FarPlan): Promise<readonly Row[]> {
  return inWorld(size, farRestore, async (world, client, others) => {
    const source = await world.openSource({ roundTripMs });
    const noNginx = await whyNoNginx();
    const fresh = { world, source, client };
    const [ahead, needed] = [new AskedPaths(source), new AskedPaths(source)];
    const rounds = await measureRounds<string>(
      {
        ahead: ahead.during(throughFreshLarder(fresh)),
        ...(isWhole && {
          running: throughFreshLarder({ ...fresh, before: others }),
          wide: throughFreshLarder({ ...fresh, settings: wideLimits(source), before: others }),
          asked: throughFreshLarder({ ...fresh, settings: withoutPrefetch }),
        }),
        ...(noNginx === undefined && { nginx: throughFreshNginx(source, client) }),
        direct: needed.during(() => client.restore(source.url)),
        folder: () => client.restore(world.folder),
      },
      plan,
    );
    const what = `cold restore of ${world.shape.packages.length} packages, source ${roundTripMs} ms away`;
    const row = (peer: string, id: string, how: string, target: number | null) => {
      const name = `${what}${how}: waiting / going to it`;
      const facts = { id, unit: 'times', better: 'lower', target, peer: 'source' } as const;
      if (peer === 'nginx' && noNginx !== undefined) return skippedRow({ ...facts, name }, noNginx);
      return distanceRow({ ...facts, name }, rounds, peer);
    };
    const waste = rowOf(
      {
        id: 'P4-waste',
        name: `${what}: lists and packages fetched ahead that it did not need, of all that it needed`,
        ...{ unit: 'times', better: 'lower', target: null, peer: 'source' },
      },
      ahead.all.map((paths) => unneeded(paths, needed.all[0] ?? new Set()) / (needed.all[0]?.size ?? Number.NaN)),
    );
    const all = [
      row('ahead', 'P4', '', 0.5),
      waste,
      row('nginx', 'P4-nginx', ', through an nginx that has nothing', null),
    ];
    if (!isWhole) return all;
    return [
      ...all,
      row('running', 'P4-running', ', others were restored before', null),
      row('wide', 'P4-wide', ', others were restored before, 128 connections and 64 ahead', null),
      row('asked', 'P4-asked', ', prefetch.closure off', null),
    ];
  });
}

/** Lists and packages among what a source was asked for that a restore by itself does not ask for. */
function unneeded(paths: ReadonlySet<string>, needed: ReadonlySet<string>): number {
  return [...paths].filter((path) => path.startsWith(`/${flatPath}`) && !needed.has(path)).length;
}
