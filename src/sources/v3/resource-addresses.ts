import { failed } from '../../feed/answer.js';
import type { Failed } from '../../feed/answer.js';

/** The addresses that a service index gives for one resource, in its order. */
export class ResourceAddresses {
  #preferred = 0;

  constructor(readonly all: readonly URL[]) {}

  get areOffered(): boolean {
    return this.all.length > 0;
  }

  /**
   * Asks one address after the other until one does not fail, and begins with that one from then on.
   * Where all fail, the first failure is the answer.
   */
  async inTurn<A extends { readonly kind: string }>(ask: (address: URL) => Promise<A | Failed>): Promise<A | Failed> {
    const start = this.#preferred;
    let firstFailure: Failed | undefined;
    for (let turn = 0; turn < this.all.length; turn++) {
      const place = (start + turn) % this.all.length;
      const answer = await ask(this.all[place] as URL);
      if (!isFailed(answer)) {
        this.#preferred = place;
        return answer;
      }
      firstFailure ??= answer;
    }
    return firstFailure ?? failed({ code: 'source-failed', detail: 'offers no such resource' });
  }
}

function isFailed(answer: { readonly kind: string }): answer is Failed {
  return answer.kind === 'failed';
}
