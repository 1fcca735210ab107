import type { Subject } from './read-through.js';

/** The subject of facts that concern a source as a whole. */
export function wholeSource(text: string): Subject {
  return { key: '', text };
}
