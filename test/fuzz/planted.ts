import type { Target } from './target.js';

class DocumentedError extends Error {}

/** A reader with one planted fault each, which begins with the word that calls it. */
const planted = (name: string, fault: (text: string) => void): Target => ({
  name,
  shape: 'text',
  seeds: [Buffer.from('a harmless beginning and a harmless end')],
  dictionary: ['FAULT'],
  run(input) {
    const text = input.toString('latin1');
    if (text.includes('FAULT')) fault(text);
    return String(text.length % 7);
  },
});

const kept: unknown[] = [];

/** What the watch must find: looked for by its own test, never by a run over all targets. */
export const targets: readonly Target[] = [
  planted('planted-error', () => {
    throw new DocumentedError('planted');
  }),
  planted('planted-rejection', () => void Promise.reject(new DocumentedError('planted'))),
  planted('planted-hang', () => {
    for (;;);
  }),
  planted('planted-exit', () => process.exit(7)),
  planted('planted-appetite', () => {
    for (;;) kept.push(new Array<object>(4_000_000).fill({}));
  }),
  planted('sound', () => undefined),
];
