/**
 * Where an answer came from, as `X-Cache` tells it:
 * - `HIT`: kept here and fresh
 * - `MISS`: fetched now
 * - `REVALIDATED`: the source confirmed what was kept
 * - `STALE`: kept here past its time; the source could not be asked or is being asked behind
 * - `OFFLINE`: kept here; sources are never asked
 */
export type CacheState = 'HIT' | 'MISS' | 'REVALIDATED' | 'STALE' | 'OFFLINE';

const weight: Record<CacheState, number> = { HIT: 0, REVALIDATED: 1, MISS: 2, STALE: 3, OFFLINE: 4 };

/** The state of an answer made of several: the one that matters most to whoever reads it. */
export function worstState(states: readonly CacheState[]): CacheState {
  return states.reduce((worst, state) => (weight[state] > weight[worst] ? state : worst), 'HIT');
}
