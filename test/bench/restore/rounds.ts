import type { BenchOptions } from '../figure.js';

/** What each peer took in one round, in milliseconds. */
export type Round<P extends string> = Readonly<Record<P, number>>;

export interface RoundPlan {
  readonly rounds: number;
  /** Rounds before, which do not count. */
  readonly warmUps: number;
  readonly onRound?: BenchOptions['onRound'];
}

/**
 * Measures peers in turn, round by round, so that a machine that is busy for a while is so for all of them. Each round begins with another
 * peer.
 */
export async function measureRounds<P extends string>(
  peers: Readonly<Record<P, () => Promise<number>>>,
  { rounds, warmUps, onRound }: RoundPlan,
): Promise<readonly Round<P>[]> {
  const names = Object.keys(peers) as P[];
  const measured: Round<P>[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    const first = Math.abs(round) % names.length;
    if (round === -warmUps || round > 0) onRound?.(Math.max(round, 0) + 1, rounds);
    const taken: Partial<Record<P, number>> = {};
    for (const name of [...names.slice(first), ...names.slice(0, first)]) taken[name] = await peers[name]();
    if (round >= 0) measured.push(taken as Round<P>);
  }
  return measured;
}

/** For names of rows: `2.41 s`. */
export function medianSeconds<P extends string>(rounds: readonly Round<P>[], peer: P): string {
  const sorted = rounds.map((round) => round[peer]).sort((a, b) => a - b);
  return `${((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) / 1000).toFixed(2)} s`;
}

/** How many times as long one peer took as the other, round by round. */
export function ratios<P extends string>(rounds: readonly Round<P>[], over: P, under: P): number[] {
  return rounds.map((round) => round[over] / round[under]);
}
