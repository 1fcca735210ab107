/**
 * Requests that nobody waits for, at a time, over all sources (`prefetch.maxConcurrent`). One that a client comes to wait for gives its place
 * back, though it goes on.
 */
export class AheadPlaces {
  readonly #lines = new Set<() => void>();
  #taken = 0;

  constructor(private readonly places: number) {}

  get isFree(): boolean {
    return this.#taken < this.places;
  }

  /** @returns gives it back; idempotent */
  take(): () => void {
    this.#taken++;
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#taken--;
      for (const admit of this.#lines) admit();
    };
  }

  /** @param admit called whenever a place came free */
  serve(admit: () => void): void {
    this.#lines.add(admit);
  }
}
