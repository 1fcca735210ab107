/** Lines wait at most so long, in milliseconds: what a process that is killed can lose of its log. */
const maxWaitMs = 50;
/** So much is written without waiting for more. */
const batchBytes = 16 * 1024;
/** No character takes more in UTF-8 than this for each of its units in a string. */
const maxBytesPerUnit = 3;
/** pino's number for `warn`: from there on a line waits for nothing, and what waited before it goes out with it. */
const urgentLevel = 40;
/** Has pino tell the level of each line before it writes it. */
const wantsLevel = Symbol.for('pino.metadata');

/**
 * A log's destination that writes many lines at once: a line for each request would cost as much as the request. Lines keep their order.
 * Nothing is lost when the process ends by itself, errors that nothing caught included, if `flush` runs on its `exit`.
 */
export class LineBatches {
  readonly [wantsLevel] = true;
  lastLevel = 0;
  #batch = Buffer.allocUnsafeSlow(batchBytes);
  #used = 0;
  #soon: NodeJS.Timeout | undefined;

  /** @param destination takes what is written at once, as standard output does */
  constructor(private readonly destination: Pick<NodeJS.WritableStream, 'write'>) {}

  write(line: string): void {
    if (line.length * maxBytesPerUnit > batchBytes - this.#used) this.flush();
    if (line.length * maxBytesPerUnit > batchBytes) this.destination.write(line);
    else this.#used += this.#batch.write(line, this.#used);
    if (this.lastLevel >= urgentLevel) this.flush();
    // Not called off by a full batch: then the next one waits less.
    else this.#soon ??= setTimeout(this.#onWaited, maxWaitMs).unref();
  }

  readonly #onWaited = () => {
    this.#soon = undefined;
    this.flush();
  };

  flush(): void {
    if (this.#used === 0) return;
    const lines = this.#batch.subarray(0, this.#used);
    // Not used again: a destination may still look at it.
    this.#batch = Buffer.allocUnsafeSlow(batchBytes);
    this.#used = 0;
    this.destination.write(lines);
  }
}
