import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 30_000;
const stepMs = 50;

/**
 * Asks again until the answer is as wished: for what is refreshed behind an answer, however busy the machine is.
 * @throws with the last answer when it never is
 */
export async function eventually<T>(ask: () => Promise<T>, isWished: (answer: T) => boolean): Promise<T> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isWished(answer)) return answer;
    if (performance.now() > deadlineMs) throw new Error(`never as wished, at last ${JSON.stringify(answer)}`);
    await delay(stepMs);
  }
}
