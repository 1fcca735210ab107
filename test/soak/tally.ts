/** What came of the requests. */
export class Tally {
  requests = 0;
  /** By status; `0`: broken off. */
  readonly statuses = new Map<number, number>();
  readonly wrong: string[] = [];
  readonly #unanswered = new Set<{ readonly path: string }>();

  /** @param tell hears of a wrong answer at once */
  constructor(private readonly tell: (line: string) => void = () => undefined) {}

  /** Notes a question. @returns what to call when it has its answer, whatever that is */
  ask(path: string): () => void {
    const question = { path };
    this.#unanswered.add(question);
    return () => void this.#unanswered.delete(question);
  }

  /** Notes what has no answer yet, because it must have one by now. */
  isOverdue(): void {
    for (const { path } of this.#unanswered) this.isWrong(`${path}: no end of its answer`);
  }

  count(status: number): void {
    this.requests++;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  /** Notes an answer that must never be given. */
  isWrong(what: string): void {
    if (this.wrong.length >= 100) return;
    this.wrong.push(what);
    this.tell(`wrong: ${what}`);
  }

  line(): string {
    const by = [...this.statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status || 'broken off'}: ${n}`);
    return `${this.requests} requests (${by.join(', ')}), ${this.wrong.length} wrong answers`;
  }
}
