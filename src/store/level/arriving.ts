/** A package whose chunks are in the log before its record is. */
export interface Arrival {
  /** Of its first chunk; absent while it has none in the log. */
  readonly firstCounter: number | undefined;
  /** Whether it has a chunk between these counters, the second not included. */
  hasBetween(first: number, end: number): boolean;
  abort(): Promise<void>;
}

/** Something that goes to the log at once, while the index does not have it yet. */
export function passing(counter: number): Arrival {
  return { firstCounter: counter, hasBetween: () => false, abort: async () => undefined };
}

/** The packages still arriving: they say up to where the blob log is settled. */
export class Arriving {
  readonly #arrivals = new Set<Arrival>();

  add(arrival: Arrival): void {
    this.#arrivals.add(arrival);
  }

  delete(arrival: Arrival): void {
    this.#arrivals.delete(arrival);
  }

  /** Below this counter every chunk belongs to a package in the index. `settled` is about to be one. */
  checkpoint(nextCounter: number, settled?: Arrival): number {
    let lowest = nextCounter;
    for (const arrival of this.#arrivals)
      if (arrival !== settled && arrival.firstCounter !== undefined) lowest = Math.min(lowest, arrival.firstCounter);
    return lowest;
  }

  /** Whether a package on its way has a chunk between these counters. */
  hasBetween(first: number, end: number): boolean {
    return [...this.#arrivals].some((arrival) => arrival.hasBetween(first, end));
  }

  async abortAll(): Promise<void> {
    await Promise.all([...this.#arrivals].map((arrival) => arrival.abort()));
  }
}
