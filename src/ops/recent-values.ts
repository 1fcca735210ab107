/** The last so many numbers, for percentiles over them: a ring that is sorted only when asked. */
export class RecentValues {
  readonly #ring: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#ring = new Float64Array(capacity);
  }

  add(value: number): void {
    this.#ring[this.#count % this.#ring.length] = value;
    this.#count++;
  }

  /**
   * By nearest rank: the smallest value that at least `percent` of all are not above.
   * @param percents above 0, up to 100
   * @returns one number for each; all `undefined` while there are no values
   */
  percentiles(...percents: readonly number[]): (number | undefined)[] {
    const sorted = this.#ring.slice(0, Math.min(this.#count, this.#ring.length)).sort();
    return percents.map((percent) => sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]);
  }
}
