import type { Contest, Contestant } from './contestants.js';
import { processorUs } from './processor-time.js';
import { rowOf } from './row.js';
import type { Row } from './row.js';
import { wrk } from './wrk.js';
import type { Load } from './wrk.js';

export interface Comparison {
  /** `P1` */
  readonly figure: string;
  /** Letters behind it, one for each of the six rows. */
  readonly letters: string;
  readonly what: string;
  /** For requests/s over nginx. */
  readonly target: number;
}

/** Under load: how many requests a second, and what one costs. */
export interface Cost {
  readonly requestsPerSecond: number;
  readonly processorUs: number;
}

/** Loads one server for a while. */
export async function costOf({ pid, urlOf }: Contestant, path: string, load: Load): Promise<Cost> {
  const before = await processorUs(pid);
  const { requests, requestsPerSecond } = await wrk(urlOf(path), load);
  return { requestsPerSecond, processorUs: ((await processorUs(pid)) - before) / requests };
}

/** What each round cost either. */
export type Costs = Readonly<Record<Contestant['name'], readonly Cost[]>>;

/** Loads both in turns, after rounds that are not counted: code is compiled in them and files come into memory. */
export async function loadBoth(
  { inTurns }: Contest,
  path: string,
  load: Load,
  { warmUps, rounds, onRound }: { warmUps: number; rounds: number; onRound: (round: number) => void },
): Promise<Costs> {
  const costs: Record<Contestant['name'], Cost[]> = { larder: [], nginx: [] };
  for (let round = 1 - warmUps; round <= rounds; round++) {
    onRound(Math.max(1, round));
    for (const contestant of inTurns(round)) {
      const cost = await costOf(contestant, path, load);
      if (round > 0) costs[contestant.name].push(cost);
    }
  }
  return costs;
}

/** Each round's two, compared, and what they are made of. */
export function comparedRows({ figure, letters, what, target }: Comparison, { larder, nginx }: Costs): readonly Row[] {
  const ratios = (of: keyof Cost) => larder.map((cost, at) => cost[of] / (nginx[at]?.[of] ?? Number.NaN));
  const all = (costs: readonly Cost[], of: keyof Cost) => costs.map((one) => one[of]);
  const ratio = { unit: '×', peer: 'nginx' } as const;
  const cost = { unit: 'µs', better: 'lower', target: null, peer: null } as const;
  const speed = { unit: 'requests/s', better: 'higher', target: null, peer: null } as const;
  const id = (at: number) => `${figure}${letters[at] ?? ''}`;
  const [faster, cheaper] = ['requests/s over nginx', 'CPU per request over nginx'];
  return [
    rowOf({ ...ratio, id: id(0), name: `${what}: ${faster}`, better: 'higher', target }, ratios('requestsPerSecond')),
    rowOf({ ...ratio, id: id(1), name: `${what}: ${cheaper}`, better: 'lower', target: null }, ratios('processorUs')),
    rowOf({ ...cost, id: id(2), name: `${what}: CPU per request` }, all(larder, 'processorUs')),
    rowOf({ ...cost, id: id(3), name: `${what}: CPU per request of nginx` }, all(nginx, 'processorUs')),
    rowOf({ ...speed, id: id(4), name: `${what}: requests/s` }, all(larder, 'requestsPerSecond')),
    rowOf({ ...speed, id: id(5), name: `${what}: requests/s of nginx` }, all(nginx, 'requestsPerSecond')),
  ];
}

/** Nothing measured yet. */
export const noCosts: Costs = { larder: [], nginx: [] };
