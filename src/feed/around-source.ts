import type { Answer, Reason } from './answer.js';
import { failed } from './answer.js';
import type { Ask, Source, Urgency } from './source.js';

export type AnyAnswer = Answer<unknown> | { readonly kind: 'unchanged' };

/** One question to a source. */
export interface Questioned {
  /** The method, by name. */
  readonly method: string | symbol;
  /** The same text for the same question. */
  readonly question: string;
  /** Of a guess. */
  readonly urgency?: Urgency;
}

export interface Around {
  /** Why the source is not to be asked this; it is asked when nothing comes of that. */
  refuse?(): Reason | undefined | Promise<Reason | undefined>;
  /** Called before the source is asked. @returns is told of the answer, if there is one; must not throw */
  asking(questioned: Questioned): (answer: AnyAnswer) => void;
}

/** What a refusal may stand in for: methods whose answers are promised. */
const refusable = new Set<string | symbol>([
  'versions',
  'registration',
  'download',
  'publishedHash',
  'offers',
  'vulnerabilities',
  'repositorySignatures',
  'search',
  'autocomplete',
] satisfies (keyof Source)[]);
const ownBusiness = new Set<string | symbol>(['probe', 'close'] satisfies (keyof Source)[]);

/**
 * The same source with something before and after each question. It stands in front of every method that answers, those that only some
 * sources have included, so that no way of asking goes unseen.
 */
export function aroundSource(source: Source, around: Around): Source {
  return new Proxy(source, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method, target);
      if (typeof member !== 'function') return member;
      const ask = (given: unknown[]): unknown => Reflect.apply(member, target, given);
      if (ownBusiness.has(method)) return (...given: unknown[]) => ask(given);
      const asked = (given: unknown[]): unknown => {
        const answered = around.asking({ method, question: questionOf(method, given), ...urgencyOf(given) });
        const result = ask(given);
        if (!(result instanceof Promise)) return result;
        return result.then((answer: unknown) => {
          if (isAnswer(answer)) answered(answer);
          return answer;
        });
      };
      return (...given: unknown[]): unknown => {
        const refusal = refusable.has(method) ? around.refuse?.() : undefined;
        if (refusal === undefined) return asked(given);
        return Promise.resolve(refusal).then((reason) => (reason === undefined ? asked(given) : failed(reason)));
      };
    },
  });
}

function isAnswer(answer: unknown): answer is AnyAnswer {
  const kind = typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : undefined;
  return kind === 'found' || kind === 'missing' || kind === 'unchanged' || kind === 'failed' || kind === 'refused';
}

/** Whatever is asked by guess is asked of a package: with an `Ask` behind it. */
function urgencyOf([, ask]: readonly unknown[]): Pick<Questioned, 'urgency'> {
  const { urgency } = (typeof ask === 'object' && ask !== null ? ask : {}) as Ask;
  return urgency ? { urgency } : {};
}

function questionOf(method: string | symbol, [first]: readonly unknown[]): string {
  const key = typeof first === 'object' && first !== null && 'key' in first ? String(first.key) : '';
  return `${String(method)} ${key}`;
}
