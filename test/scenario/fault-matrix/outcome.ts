import type { Reply } from '../../support/larder.js';
import type { Cell } from './world.js';

/** What came of one request: an answer, or a connection that broke off in the middle of one. */
export type Outcome = Reply | 'broken off';

export const isAnswer = (outcome: Outcome): outcome is Reply => outcome !== 'broken off';

/** As a cell of the table. */
export function toldOutcome(outcome: Outcome): string {
  if (!isAnswer(outcome)) return 'broken off';
  const { status, headers } = outcome;
  if (headers['content-type'] === 'application/problem+json')
    return `${status} ${outcome.json<{ code: string }>().code}`;
  // The end of a package is asked for to hear the verdict: 206 is its 200.
  const told = status === 206 ? 200 : status;
  return [told, headers['x-cache']].filter((part) => part !== undefined).join(' ');
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
