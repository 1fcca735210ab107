import type { Reason } from './answer.js';
import { aroundSource } from './around-source.js';
import type { AnyAnswer, Questioned } from './around-source.js';
import type { Source, Urgency } from './source.js';

/** Usable answers to these came from the source just now; to others they may be had without asking it. */
const alwaysAsk = new Set<string | symbol>(['versions', 'registration', 'download'] satisfies (keyof Source)[]);
/** What these find came from it; that it has no such thing may be known without asking. */
const findByAsking = new Set<string | symbol>([
  'search',
  'autocomplete',
  'vulnerabilities',
  'repositorySignatures',
] satisfies (keyof Source)[]);

/** Whether an answer came from the source just now. Failures always count. */
export function isPresentWord({ kind }: AnyAnswer, { method }: Questioned): boolean {
  if (kind === 'failed' || kind === 'refused' || alwaysAsk.has(method)) return true;
  return findByAsking.has(method) && kind !== 'missing';
}

/** A failure that no client met says nothing: who waits for the answer asks again and finds out. */
export function isFailedGuess({ kind }: AnyAnswer, urgency: Urgency | undefined): boolean {
  return urgency !== undefined && !urgency.isWanted && (kind === 'failed' || kind === 'refused');
}

/**
 * The same source, each answer of which is told.
 *
 * @param told the reason of an answer that cannot be used; `undefined` for one that can
 */
export function watchSource(source: Source, told: (reason: Reason | undefined) => void): Source {
  return aroundSource(source, {
    asking: (questioned) => (answer) => {
      if (isFailedGuess(answer, questioned.urgency)) return;
      if (isPresentWord(answer, questioned)) told('reason' in answer ? answer.reason : undefined);
    },
  });
}
