import type { Reply } from '../../support/larder.js';
import type { Cell } from './world.js';

/** What came of one request: an answer, or a connection that broke off in the middle of one. */
export type Outcome = Reply | 'broken off';

export const isAnswer = (outcome: Outcome): outcome is Reply => outcome !== 'broken off';

/** For messages. */
export function toldOutcome(outcome: Outcome): string {
  return isAnswer(outcome) ? `${toldCold(outcome)} ${String(outcome.headers['x-cache'])}` : outcome;
}

/** The first half of a cell of the table. */
export function toldCold(outcome: Outcome): string {
  if (!isAnswer(outcome)) return outcome;
  const { status, headers } = outcome;
  if (headers['content-type'] === 'application/problem+json')
    return `${status} ${outcome.json<{ code: string }>().code}`;
  // The end of a package is asked for to hear the verdict: 206 is its 200.
  return String(status === 206 ? 200 : status);
}

/**
 * The second half. Whether a document that the source could tell was heard in the first request or a moment behind it depends on the machine:
 * it is current.
 */
export function toldWarm({ resource: { name } }: Cell, outcome: Outcome): string {
  const state = isAnswer(outcome) ? outcome.headers['x-cache'] : undefined;
  const isPackage = name === 'nupkg' || name === 'nuspec';
  const told = state === undefined || state === 'STALE' || isPackage ? state : 'current';
  return [toldCold(outcome), told].filter((part) => part !== undefined).join(' ');
}

/** Whether it is 200 and the very thing, parsed and compared. */
export function isRight({ resource, source }: Cell, outcome: Outcome): boolean {
  if (!isAnswer(outcome) || outcome.status !== 200) return false;
  try {
    return resource.isRight(source, outcome);
  } catch {
    return false;
  }
}
