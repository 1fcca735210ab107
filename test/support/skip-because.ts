import test from 'ava';
import type { ExecutionContext } from 'ava';

/** How a test is registered: to run, or to be skipped by name. */
export type Registration = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => void;

/** The reason stands behind the title, where a report shows it. */
export function skipBecause(reason: string): Registration {
  return (title, implementation) => test.skip(`${title} — skipped: ${reason}`, implementation);
}
