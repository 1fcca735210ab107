/** Who is reading which stored copy, so that a copy's bytes are deleted only after its last reader has left. */
export class Readers {
  readonly #counts = new Map<number, number>();
  readonly #waiting = new Map<number, () => void>();

  enter(record: number): void {
    this.#counts.set(record, (this.#counts.get(record) ?? 0) + 1);
  }

  leave(record: number): void {
    const left = (this.#counts.get(record) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(record, left);
      return;
    }
    this.#counts.delete(record);
    this.#waiting.get(record)?.();
    this.#waiting.delete(record);
  }

  isRead(record: number): boolean {
    return this.#counts.has(record);
  }

  /** Calls `then` once, when the last reader leaves. */
  whenLeft(record: number, then: () => void): void {
    this.#waiting.set(record, then);
  }
}
