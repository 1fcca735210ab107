/** After so many answers in a row that did not come within the grace, nobody waits for the next. */
const lateUntilSlow = 2;

/** Whether waiting a moment for a source's word is worth it: not for one that keeps those who wait waiting. */
export class SourcePace {
  #late = 0;

  get isSlow(): boolean {
    return this.#late >= lateUntilSlow;
  }

  /** Somebody waited in vain. @returns whether that made it slow */
  late(): boolean {
    return ++this.#late === lateUntilSlow;
  }

  /** An answer came while it was waited for, or would have been. */
  inTime(): void {
    this.#late = 0;
  }
}
