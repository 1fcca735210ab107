/** Running totals of the process, for status and metrics. */
export interface Counters {
  requests: number;
  /** Answers kept here and fresh, confirmed ones included. */
  hits: number;
  misses: number;
  stale: number;
  servedBytes: number;
  upstreamRequests: number;
  upstreamBytes: number;
  /** Kept packages that proved damaged when they were read, and were forgotten. */
  damaged: number;
}

export function createCounters(): Counters {
  return {
    requests: 0,
    hits: 0,
    misses: 0,
    stale: 0,
    servedBytes: 0,
    upstreamRequests: 0,
    upstreamBytes: 0,
    damaged: 0,
  };
}
