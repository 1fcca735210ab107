/** Lines wait at most so long, in milliseconds: what a process that is killed can lose of its log. */
const maxWaitMs = 50;
/** So much is written without waiting for more, in characters. */
const maxChars = 16 * 1024;
/** pino's number for `warn`: from there on a line waits for nothing, and what waited before it goes out with it. */
const urgentLevel = 40;

/** Has pino tell the level of each line before it writes it. */
const wantsLevel = Symbol.for('pino.metadata');

/**
 * A log's destination that writes many lines at once: a line for each request would cost as much as the request. Lines keep their order.
 * Nothing is lost when the process ends by itself, errors that nothing caught included: `flush` runs on its `exit`.
 */
export class LineBatches {
  readonly [wantsLevel] = true;
  lastLevel = 0;
  #lines = '';
  #soon: NodeJS.Timeout | undefined;

  /** @param destination takes what is written at once, as standard output does */
  constructor(private readonly destination: Pick<NodeJS.WritableStream, 'write'>) {}

  write(line: string): void {
    this.#lines += line;
    if (this.lastLevel >= urgentLevel || this.#lines.length >= maxChars) this.flush();
    else this.#soon ??= setTimeout(() => this.flush(), maxWaitMs).unref();
  }

  flush(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const lines = this.#lines;
    if (lines === '') return;
    this.#lines = '';
    this.destination.write(lines);
  }
}
