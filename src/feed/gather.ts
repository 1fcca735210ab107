import type { Answer, Reason } from './answer.js';
import { worstState } from './cache-state.js';
import type { CacheState } from './cache-state.js';
import type { Told } from './told.js';
import type { Fact } from './store.js';

/** What a feed does when a source cannot be asked: interface §6. */
export type OnSourceFailure = 'stale' | 'fail' | 'partial';

/** What all eligible sources of a feed say on one id, in order of precedence. */
export interface Gathered {
  /** Facts of the sources that have the id; empty when each of them said that it has not. */
  readonly facts: readonly Fact[];
  /** Names of the sources that said themselves that they do not have the id. */
  readonly without: readonly string[];
  readonly state: CacheState;
  /** The whole is fresh while all of it is, in ms since the epoch. */
  readonly freshUntilMs: number;
  /** The oldest word in it, in ms since the epoch. */
  readonly checkedAtMs: number;
  /** As in `Told`: the shortest. */
  readonly maxAgeMs?: number;
  /** Why some of it is old: one reason per source. */
  readonly staleBecause: readonly Reason[];
  /** Sources that had to be left out: such a result is never kept. */
  readonly leftOut: readonly Reason[];
  /** Settles when the refreshes under way have ended; absent when there are none. */
  readonly refreshed?: Promise<unknown>;
}

/**
 * Joins what the sources told; missing when there is no source to ask. An absence counts only when every source said so itself, now: a
 * source that could not be asked makes the absence unknown, even where an older word of it is kept; that older word only completes what
 * others have.
 */
export async function gather(told: readonly Told[], onSourceFailure: OnSourceFailure): Promise<Answer<Gathered>> {
  const words = onSourceFailure === 'fail' ? await awaitRefreshes(told) : await awaitDoubtfulAbsence(told);
  const failures = words.flatMap(({ answer }) =>
    answer.kind === 'failed' || answer.kind === 'refused' ? [answer] : [],
  );
  const stale = words.flatMap(({ staleBecause }) => (staleBecause ? [staleBecause] : []));
  const firstStale = stale[0];
  const firstFailure = failures[0];
  if (onSourceFailure === 'fail' && firstStale) return { kind: 'failed', reason: firstStale };
  if (onSourceFailure !== 'partial' && firstFailure) return firstFailure;

  const having = words.filter(({ answer }) => answer.kind === 'found');
  if (having.length === 0) {
    if (firstFailure) return firstFailure;
    if (firstStale) return { kind: 'failed', reason: firstStale };
    if (words.length === 0) return { kind: 'missing' };
  }
  const used = words.filter(({ answer }) => answer.kind === 'found' || answer.kind === 'missing');
  const refreshes = words.flatMap(({ refreshed }) => (refreshed ? [refreshed] : []));
  return {
    kind: 'found',
    value: {
      facts: having.flatMap(({ answer }) => (answer.kind === 'found' ? [answer.value] : [])),
      without: words.flatMap(({ source, answer }) => (answer.kind === 'missing' ? [source] : [])),
      state: worstState(used.map(({ state }) => state)),
      freshUntilMs: Math.min(...used.map(({ freshUntilMs }) => freshUntilMs)),
      checkedAtMs: Math.min(...used.map(({ checkedAtMs }) => checkedAtMs)),
      ...shortestAge(used),
      staleBecause: stale,
      leftOut: failures.map(({ reason }) => reason),
      ...(refreshes.length > 0 && { refreshed: Promise.all(refreshes) }),
    },
  };
}

/** Nobody has it, but someone's word is old and a new one is under way: only that can tell an absence. */
async function awaitDoubtfulAbsence(told: readonly Told[]): Promise<readonly Told[]> {
  return told.some(({ answer }) => answer.kind === 'found') ? told : awaitRefreshes(told);
}

function awaitRefreshes(told: readonly Told[]): Promise<readonly Told[]> {
  return Promise.all(told.map(async (word) => (word.refreshed ? await word.refreshed : word)));
}

/** What two kinds of documents together tell of one id: as old as the older of them, and no more whole than the less whole. */
export function together(a: Gathered, b: Gathered): Omit<Gathered, 'facts' | 'without'> {
  const refreshes = [a.refreshed, b.refreshed].filter((refresh) => refresh !== undefined);
  return {
    state: worstState([a.state, b.state]),
    freshUntilMs: Math.min(a.freshUntilMs, b.freshUntilMs),
    checkedAtMs: Math.min(a.checkedAtMs, b.checkedAtMs),
    ...shortestAge([a, b]),
    staleBecause: onePerSource([...a.staleBecause, ...b.staleBecause]),
    leftOut: onePerSource([...a.leftOut, ...b.leftOut]),
    ...(refreshes.length > 0 && { refreshed: Promise.all(refreshes) }),
  };
}

function shortestAge(words: readonly Pick<Gathered, 'maxAgeMs'>[]): Pick<Gathered, 'maxAgeMs'> {
  const ages = words.flatMap(({ maxAgeMs }) => maxAgeMs ?? []);
  return ages.length > 0 ? { maxAgeMs: Math.min(...ages) } : {};
}

function onePerSource(reasons: readonly Reason[]): Reason[] {
  return reasons.filter(({ source }, i) => reasons.findIndex((reason) => reason.source === source) === i);
}
