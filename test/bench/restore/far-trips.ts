import type { Row } from '../row.js';
import type { World } from '../world/world.js';
import type { RestoreClient } from './restore-client.js';
import { measureRounds } from './rounds.js';
import type { RoundPlan } from './rounds.js';
import { distanceRow } from './distance-row.js';
import { throughFreshLarder } from './through-fresh-larder.js';
import { wideLimits } from './wide-limits.js';

/** So far away that processors hardly count, which client and servers share here: what remains are round trips, one after the other. */
const roundTripMs = 500;

/** P4 in round trips: as it comes, and with both limits raised; other packages went through before. */
export async function measureTrips(
  world: World,
  client: RestoreClient,
  others: RestoreClient,
  plan: RoundPlan,
): Promise<readonly Row[]> {
  const source = await world.openSource({ roundTripMs });
  const fresh = { world, source, client, before: others };
  const rounds = await measureRounds<string>(
    {
      limited: throughFreshLarder(fresh),
      wide: throughFreshLarder({ ...fresh, settings: wideLimits(source) }),
      direct: () => client.restore(source.url),
      folder: () => client.restore(world.folder),
    },
    plan,
  );
  const what = `cold restore of ${world.shape.packages.length} packages, source ${roundTripMs} ms away`;
  const row = (peer: string, id: string, how: string) =>
    distanceRow(
      {
        id,
        name: `${what}${how}: waiting / going to it`,
        unit: 'times',
        better: 'lower',
        target: null,
        peer: 'source',
      },
      rounds,
      peer,
    );
  return [row('limited', 'P4-trips', ''), row('wide', 'P4-trips-wide', ', 128 connections and 64 ahead')];
}
