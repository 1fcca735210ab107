import type { Mood } from '../../support/recorded-registry.js';
import type { WorldSize } from './world-shape.js';

/** What the process that holds the packages is told, one after the other. */
export type WorldOrder =
  | { readonly kind: 'make'; readonly folder: string; readonly size: WorldSize; readonly families: readonly string[] }
  | { readonly kind: 'open'; readonly roundTripMs: number }
  | { readonly kind: 'become'; readonly source: number; readonly mood: Mood }
  | { readonly kind: 'asked'; readonly source: number };

/** Requests of a source since it was last asked for them, and connections in all (counted only where it is far away). */
export interface Asked {
  readonly paths: readonly string[];
  readonly connections: number;
}

export type WorldReply =
  | { readonly kind: 'made' }
  | { readonly kind: 'opened'; readonly source: number; readonly url: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'asked'; readonly asked: Asked }
  | { readonly kind: 'failed'; readonly message: string };
