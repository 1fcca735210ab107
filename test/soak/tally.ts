/** What came of the requests. */
export class Tally {
  requests = 0;
  /** By status; `0`: broken off. */
  readonly statuses = new Map<number, number>();
  readonly wrong: string[] = [];

  /** @param tell hears of a wrong answer at once */
  constructor(private readonly tell: (line: string) => void = () => undefined) {}

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
