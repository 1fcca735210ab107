import type { SourceLifetimes } from './source.js';
import type { Fact, FactKind } from './store.js';

/** How long what a source said is taken as still true, in milliseconds. */
export interface Lifetimes {
  readonly versionsMs: number;
  readonly registrationMs: number;
  readonly vulnerabilitiesMs: number;
  readonly serviceIndexMs: number;
  /** For the source's "there is no such id". */
  readonly missingMs: number;
}

/** When the fact stops being fresh, in ms since the epoch. A clock that was set back makes nothing fresh for longer than its lifetime. */
export function freshUntilMs(
  fact: Pick<Fact, 'key' | 'state' | 'checkedAtMs'>,
  lifetimes: Lifetimes,
  nowMs: number,
): number {
  const lifetimeMs =
    fact.state === 'missing' ? absenceLifetimeOf(fact.key.kind, lifetimes) : lifetimeOf(fact.key.kind, lifetimes);
  return Math.min(fact.checkedAtMs, nowMs) + lifetimeMs;
}

export function lifetimeOf(kind: FactKind, lifetimes: Lifetimes): number {
  switch (kind) {
    case 'versions':
      return lifetimes.versionsMs;
    case 'registration':
      return lifetimes.registrationMs;
    case 'vulnerabilities':
      return lifetimes.vulnerabilitiesMs;
    case 'resources':
    case 'signatures':
    case 'catalog':
    case 'uncompared':
      return lifetimes.serviceIndexMs;
  }
}

/** The configuration's lifetimes, or the source's own where those are shorter. */
export function shorterLifetimes(configured: Lifetimes, own: SourceLifetimes | undefined): Lifetimes {
  if (!own) return configured;
  return {
    ...configured,
    versionsMs: Math.min(configured.versionsMs, own.versionsMs),
    registrationMs: Math.min(configured.registrationMs, own.registrationMs),
    missingMs: Math.min(configured.missingMs, own.missingMs),
  };
}

/** An id may come any moment; a resource that a source does not offer comes with its service index. */
function absenceLifetimeOf(kind: FactKind, lifetimes: Lifetimes): number {
  return kind === 'versions' || kind === 'registration' ? lifetimes.missingMs : lifetimes.serviceIndexMs;
}
