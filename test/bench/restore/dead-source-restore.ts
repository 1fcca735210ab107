import { request } from 'undici';
import { eventually } from '../../support/eventually.js';
import type { Mood } from '../../support/recorded-registry.js';
import type { BenchOptions, Figure } from '../figure.js';
import { rowOf } from '../row.js';
import type { World } from '../world/world.js';
import { startFreshLarder } from './fresh-larder.js';
import { inWorld } from './in-world.js';
import { measureRounds, medianSeconds, ratios } from './rounds.js';

const moods = [
  { mood: 'closed', what: 'refuses connections' },
  { mood: 'silent', what: 'accepts and never answers' },
  { mood: 'slow', what: 'takes 5 s for each answer' },
  { mood: '503', what: 'answers 503 to everything' },
] as const satisfies readonly { mood: Mood; what: string }[];

/** All of it is too old to be served without asking. */
const shortLived = {
  versions: '1s',
  registration: '1s',
  missing: '1s',
  serviceIndex: '1s',
  vulnerabilities: '1s',
  catalog: 'off',
};

/** A restore of what is kept while the source is away, in times of the same one while it is well. */
export const deadSourceRestore: Figure = {
  id: 'P6',
  name: 'restore from a dead source',
  measure({ isQuick, onRound }: BenchOptions) {
    const plan = { ...(isQuick ? { rounds: 1, warmUps: 0 } : { rounds: 5, warmUps: 1 }), onRound };
    return inWorld(isQuick ? 'small' : 'medium', deadSourceRestore, async (world, client) => {
      const source = await world.openSource();
      const larder = await startFreshLarder(world, source, { freshness: shortLived });
      try {
        await client.restore(larder.url);
        const whileIn = (mood: Mood) => async () => {
          await source.become(mood);
          try {
            return await client.restore(larder.url);
          } finally {
            await source.become('well');
            await untilFresh(world, larder.url);
          }
        };
        const inTrouble = moods.map(({ mood }) => [mood, whileIn(mood)] as const);
        const rounds = await measureRounds<string>(
          { warm: () => client.restore(larder.url), ...Object.fromEntries(inTrouble) },
          plan,
        );
        return moods.map(({ mood, what }) => {
          const seconds = `(${medianSeconds(rounds, mood)} / ${medianSeconds(rounds, 'warm')})`;
          return rowOf(
            {
              id: `P6-${mood}`,
              name: `stale restore of ${world.shape.packages.length} packages, source ${what} / well ${seconds}`,
              unit: 'times',
              better: 'lower',
              target: 1.1,
              peer: 'well',
            },
            ratios(rounds, mood, 'warm'),
          );
        });
      } finally {
        await larder.close();
      }
    });
  },
};

/** The source is asked again, and what it says is believed. */
async function untilFresh({ shape }: World, url: string): Promise<void> {
  const [{ id } = { id: '' }] = shape.packages;
  await eventually(
    async () => {
      const { statusCode, headers, body } = await request(new URL(`flat/${id.toLowerCase()}/index.json`, url));
      await body.dump();
      return { statusCode, cache: headers['x-cache'] };
    },
    ({ statusCode, cache }) => statusCode === 200 && cache !== 'STALE',
  );
}
