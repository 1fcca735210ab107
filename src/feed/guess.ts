import type { Urgency } from './source.js';

/** The urgency of what is fetched before anybody asked for it. */
export class Guess implements Urgency {
  #stage: 'ahead' | 'expected' | 'wanted' | 'given up' = 'ahead';
  readonly #listeners = new Set<() => void>();

  get isAhead(): boolean {
    return this.#stage === 'ahead' || this.#stage === 'given up';
  }

  get isWanted(): boolean {
    return this.#stage === 'wanted';
  }

  get isGivenUp(): boolean {
    return this.#stage === 'given up';
  }

  onChange(run: () => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  /** A client asked for what goes before it, and will ask for this next: it waits in line with what clients wait for. */
  expect(): void {
    if (this.#stage === 'ahead') this.#become('expected');
  }

  /** A client waits for it. */
  want(): void {
    if (this.#stage !== 'wanted') this.#become('wanted');
  }

  /** Not asked any more, where asking has not begun and nobody waits for it. */
  giveUp(): void {
    if (this.#stage === 'ahead') this.#become('given up');
  }

  #become(stage: 'expected' | 'wanted' | 'given up'): void {
    this.#stage = stage;
    for (const listener of [...this.#listeners]) listener();
  }
}
