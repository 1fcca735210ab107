import { startScriptedSource } from '../support/scripted-source.js';
import type { Fault, PackageScript, ScriptedSource } from '../support/scripted-source.js';
import { weighted } from '../support/random.js';

/** What there is to be asked for, and where it comes from. */
export interface World {
  readonly sources: Readonly<Record<'house' | 'public', ScriptedSource>>;
  /** All packages that there are from the beginning. */
  readonly packages: readonly (PackageScript & { readonly source: 'house' | 'public' })[];
  close(): Promise<void>;
}

/** Sources with `ids` ids between them, up to 12 versions each, from a kilobyte to a few megabytes. */
export async function createWorld(ids: number, random: () => number): Promise<World> {
  const packages = Array.from({ length: ids }, (_, at) => {
    const source = at % 5 === 0 ? ('house' as const) : ('public' as const);
    const id = source === 'house' ? `Corp.Part${at}` : `Open.Part${at}`;
    return Array.from({ length: 1 + Math.floor(12 * random() ** 2) }, (_, minor) => ({
      source,
      id,
      version: `1.${minor}.0${random() < 0.1 ? '-rc.1' : ''}`,
      fillerBytes: Math.round(1_000 * 3_000 ** (random() ** 2)),
    }));
  }).flat();
  const of = (name: 'house' | 'public') =>
    startScriptedSource({ packages: packages.filter(({ source }) => source === name) });
  const sources = { house: await of('house'), public: await of('public') };
  return {
    sources,
    packages,
    close: async () => {
      await Promise.all([sources.house.close(), sources.public.close()]);
    },
  };
}

/** Whoever asked during the trouble waits to the end of the answer, though the trouble be over. */
const longestDripSeconds = 10;

const faults: readonly (readonly [weight: number, fault: Fault | 'gone'])[] = [
  [3, 'gone'],
  [2, 'hang'],
  [2, 'refuse'],
  [2, { status: 503, headers: { 'retry-after': '1' } }],
  [2, { status: 500 }],
  [1, { status: 429 }],
  [2, 'reset mid-body'],
  [2, 'truncate'],
  [2, 'half'],
  [2, 'html'],
  [2, 'garbage'],
  [1, 'wrong package'],
  [1, 'not http'],
  [2, { delayMs: 700 }],
  [1, (reply) => ({ dripBytesPerSecond: Math.max(2_000, reply.body.length / longestDripSeconds) })],
];

const places: readonly (readonly [weight: number, pattern: RegExp])[] = [
  [3, /./],
  [2, /\.nupkg$/],
  [1, /v3-flatcontainer\/[^/]+\/index\.json$/],
  [1, /registration/],
  [1, /v3\/index\.json$/],
];

/** Makes one source fail in one way for a while. */
export async function trouble(
  { sources }: World,
  random: () => number,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const source = random() < 0.5 ? sources.house : sources.public;
  const fault = weighted(random, faults);
  const place = weighted(random, places);
  const forMs = 200 + 4_000 * random() ** 2;
  if (fault === 'gone') {
    await source.close();
    await pause(forMs);
    await source.reopen();
  } else {
    source.fault(place, fault);
    await pause(forMs);
    source.clearFaults();
  }
}
