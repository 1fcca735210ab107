import type { Subject } from './fact-shape.js';

/** The subject of facts that concern a source as a whole. */
export function wholeSource(text: string): Subject {
  return { key: '', text };
}
