import type { BenchOptions, Figure } from '../figure.js';
import { startNginx, whyNoNginx } from '../nginx.js';
import { rowOf } from '../row.js';
import type { Row } from '../row.js';
import { roundTripMs } from '../world/far.js';
import type { WorldSize } from '../world/world-shape.js';
import { startBagetter, whyNoBagetter } from './bagetter.js';
import { startFreshLarder } from './fresh-larder.js';
import { inWorld, skippedRow } from './in-world.js';
import { measureRounds, medianSeconds, ratios } from './rounds.js';
import type { RoundPlan } from './rounds.js';

const aims = [
  { peer: 'nginx', of: 'through nginx', target: 1.03 },
  { peer: 'BaGetter', of: 'through BaGetter', target: 0.9 },
  { peer: 'far', of: `from the source ${roundTripMs} ms away`, target: 0.85 },
  { peer: 'near', of: 'from the source on this machine', target: null },
  { peer: 'folder', of: 'from a local folder', target: null },
] as const;

/** A restore of what everybody has restored before, in times of the same one elsewhere. */
export const warmRestore: Figure = {
  id: 'P3',
  name: 'warm restore',
  async measure({ isQuick, onRound }: BenchOptions) {
    if (isQuick) return measureWarm('small', { rounds: 1, warmUps: 0, onRound });
    return [
      ...(await measureWarm('medium', { rounds: 5, warmUps: 1, onRound })),
      ...(await measureWarm('large', { rounds: 2, warmUps: 0, onRound })),
    ];
  },
};

function measureWarm(size: WorldSize, plan: RoundPlan): Promise<readonly Row[]> {
  return inWorld(size, warmRestore, async (world, client) => {
    const near = await world.openSource();
    const far = await world.openSource({ roundTripMs });
    const [noNginx, noBagetter] = [await whyNoNginx(), whyNoBagetter()];
    const larder = await startFreshLarder(world, near);
    const nginx = noNginx === undefined ? await startNginx(near.url) : undefined;
    const bagetter = noBagetter === undefined ? await startBagetter(world, near) : undefined;
    try {
      for (const kept of [larder, nginx, bagetter]) if (kept !== undefined) await client.restore(kept.url);
      const rounds = await measureRounds<string>(
        {
          larder: () => client.restore(larder.url),
          ...(nginx && { nginx: () => client.restore(nginx.url) }),
          ...(bagetter && { BaGetter: () => client.restore(bagetter.url) }),
          near: () => client.restore(near.url),
          far: () => client.restore(far.url),
          folder: () => client.restore(world.folder),
        },
        plan,
      );
      const count = world.shape.packages.length;
      const missing = { nginx: noNginx, BaGetter: noBagetter } as Readonly<Record<string, string | undefined>>;
      return aims.map(({ peer, of, target }) => {
        const name = `warm restore of ${count} packages / ${of}`;
        const facts = { id: `P3-${peer}`, name, unit: 'times', better: 'lower', target, peer } as const;
        const why = missing[peer];
        if (why !== undefined) return skippedRow(facts, why);
        const seconds = `(${medianSeconds(rounds, 'larder')} / ${medianSeconds(rounds, peer)})`;
        return rowOf({ ...facts, name: `${name} ${seconds}` }, ratios(rounds, 'larder', peer));
      });
    } finally {
      await larder.close();
      await nginx?.close();
      await bagetter?.close();
    }
  });
}
