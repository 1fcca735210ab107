import { costOf } from './compared-load.js';
import { besideNginx } from './contestants.js';
import type { Contest, Contestant } from './contestants.js';
import type { Figure } from './figure.js';
import { listedPath, startListingSource } from './listed-id.js';
import { whyMissing } from './missing-tool.js';
import { whyNoNginx } from './nginx.js';
import { rowOf, skippedRows } from './row.js';
import type { Row } from './row.js';
import { warmBoth } from './same-answer.js';

const manyCounts = [1, 10, 100, 1_000];
const fewCounts = [1, 10];

/** By server: what a request cost with each count of connections, one array of rounds for each count. */
type CostsUs = Readonly<Record<Contestant['name'], readonly (readonly number[])[]>>;

/** What one cached answer costs with few and with many connections, all of them busy. */
export const connectionCounts: Figure = {
  id: 'P11',
  name: 'cost by connections',
  async measure({ isQuick, onRound }) {
    const counts = isQuick ? fewCounts : manyCounts;
    const reason = (await whyNoNginx()) ?? (await whyMissing('wrk'));
    if (reason !== undefined) return skippedRows(rowsOf(counts, { larder: [], nginx: [] }), reason);
    const source = await startListingSource();
    try {
      return await besideNginx(source.url, async (contest) => {
        await warmBoth(contest, listedPath);
        const [warmUps, rounds] = isQuick ? [0, 1] : [1, 5];
        const tell = (round: number) => onRound?.(round, rounds);
        return rowsOf(counts, await measure(contest, counts, { warmUps, rounds, seconds: isQuick ? 1 : 2, tell }));
      });
    } finally {
      await source.close();
    }
  },
};

async function measure(
  { inTurns }: Contest,
  counts: readonly number[],
  {
    warmUps,
    rounds,
    seconds,
    tell,
  }: { warmUps: number; rounds: number; seconds: number; tell: (round: number) => void },
): Promise<CostsUs> {
  const costs = { larder: counts.map((): number[] => []), nginx: counts.map((): number[] => []) };
  for (let round = 1 - warmUps; round <= rounds; round++) {
    tell(Math.max(1, round));
    for (const [at, connections] of counts.entries())
      for (const contestant of inTurns(round)) {
        const { processorUs } = await costOf(contestant, listedPath, { connections, seconds });
        if (round > 0) costs[contestant.name][at]?.push(processorUs);
      }
  }
  return costs;
}

function rowsOf(counts: readonly number[], { larder, nginx }: CostsUs): readonly Row[] {
  const among = `CPU per request with ${counts.join(', ')} connections`;
  const ratio = { unit: '×', better: 'lower', peer: null } as const;
  const cost = { unit: 'µs', better: 'lower', target: null, peer: null } as const;
  const most = `${among}: most over least`;
  const each = (first: number, whose: string, costs: CostsUs[Contestant['name']]) =>
    counts.map((count, at) => {
      const name = `CPU per request${whose} with ${count} ${count === 1 ? 'connection' : 'connections'}`;
      return rowOf({ ...cost, id: `P11${letters[first + at] ?? ''}`, name }, costs[at] ?? []);
    });
  return [
    rowOf({ ...ratio, id: 'P11a', name: most, target: 1.3 }, spreads(larder)),
    rowOf({ ...ratio, id: 'P11b', name: `${most}, of nginx`, target: null }, spreads(nginx)),
    ...each(2, '', larder),
    ...each(2 + counts.length, ' of nginx', nginx),
  ];
}

const letters = 'abcdefghij';

/** The most expensive count over the cheapest, round by round. */
function spreads(costs: readonly (readonly number[])[]): number[] {
  return (costs[0] ?? []).map((_, round) => {
    const inRound = costs.map((rounds) => rounds[round] ?? Number.NaN);
    return Math.max(...inRound) / Math.min(...inRound);
  });
}
