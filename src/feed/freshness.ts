import type { Fact, FactKind } from './store.js';

/** How long what a source said is taken as still true, in milliseconds. */
export interface Lifetimes {
  readonly versionsMs: number;
  readonly registrationMs: number;
  /** For the source's "there is no such thing". */
  readonly missingMs: number;
}

/** When the fact stops being fresh, in ms since the epoch. A clock that was set back makes nothing fresh for longer than its lifetime. */
export function freshUntilMs(
  fact: Pick<Fact, 'key' | 'state' | 'checkedAtMs'>,
  lifetimes: Lifetimes,
  nowMs: number,
): number {
  const lifetimeMs = fact.state === 'missing' ? lifetimes.missingMs : lifetimeOf(fact.key.kind, lifetimes);
  return Math.min(fact.checkedAtMs, nowMs) + lifetimeMs;
}

export function lifetimeOf(kind: FactKind, lifetimes: Lifetimes): number {
  switch (kind) {
    case 'versions':
      return lifetimes.versionsMs;
    case 'registration':
      return lifetimes.registrationMs;
  }
}

/** The configuration's lifetimes, or the source's own where those are shorter. */
export function shorterLifetimes(configured: Lifetimes, own: Lifetimes | undefined): Lifetimes {
  if (!own) return configured;
  return {
    versionsMs: Math.min(configured.versionsMs, own.versionsMs),
    registrationMs: Math.min(configured.registrationMs, own.registrationMs),
    missingMs: Math.min(configured.missingMs, own.missingMs),
  };
}
