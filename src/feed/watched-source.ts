import type { Answer, Reason } from './answer.js';
import type { Source } from './source.js';

/** Usable answers to these came from the source just now; to others they may be had without asking it. */
const alwaysAsk = new Set<string | symbol>(['versions', 'registration', 'download'] satisfies (keyof Source)[]);

/**
 * The same source, each answer of which is told. It stands in front of every method that answers, those that only some sources have
 * included, so that no way of asking goes unseen.
 *
 * @param told the reason of an answer that cannot be used; `undefined` for one that can
 */
export function watchSource(source: Source, told: (reason: Reason | undefined) => void): Source {
  return new Proxy(source, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, target, given);
        if (!(result instanceof Promise)) return result;
        return result.then((answer: unknown) => {
          const kind = kindOf(answer);
          if (kind === 'failed' || kind === 'refused')
            told((answer as Extract<Answer<never>, { reason: Reason }>).reason);
          else if (kind !== undefined && alwaysAsk.has(name)) told(undefined);
          return answer;
        });
      };
    },
  });
}

function kindOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : undefined;
}
