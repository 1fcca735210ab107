import { Agent } from 'undici';
import type { Deadlines } from './connection-failure.js';

export interface PoolOptions {
  /** Connections to one origin at a time; what is more waits. */
  readonly maxConcurrent: number;
  readonly timeouts: Deadlines;
}

/** Kept-alive connections of one source. Never shared between sources: their limits and credentials differ. */
export function createPool({ maxConcurrent, timeouts }: PoolOptions): Agent {
  return new Agent({
    connections: maxConcurrent,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.idleMs,
    connect: { timeout: timeouts.headersMs },
    keepAliveTimeout: 15_000,
    maxHeaderSize: 65_536,
  });
}
