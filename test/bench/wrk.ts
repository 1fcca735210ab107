import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findTool } from './missing-tool.js';
import { loadPrefix } from './pinned.js';

const run = promisify(execFile);

export interface Load {
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
}

/**
 * Asks one address over and over with `wrk`, in one thread, on connections that stay open.
 * @throws when not every answer was whole and 200
 */
export async function wrk(url: string, { connections, seconds }: Load): Promise<LoadResult> {
  const program = await findTool('wrk');
  if (program === undefined) throw new Error('wrk is missing');
  const load = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '30s', url];
  const [command = '', ...args] = [...(await loadPrefix()), program, ...load];
  const { stdout } = await run(command, args);
  return readWrk(stdout);
}

/** What `wrk` printed. @throws when it tells of errors, or of nothing */
export function readWrk(printed: string): LoadResult {
  const [trouble] = /^ *(Socket errors|Non-2xx).*$/m.exec(printed) ?? [];
  if (trouble !== undefined) throw new Error(`not every answer was right: ${trouble.trim()}`);
  const [, requests] = /^ *(\d+) requests in /m.exec(printed) ?? [];
  const [, perSecond] = /^Requests\/sec: +([\d.]+)/m.exec(printed) ?? [];
  if (requests === undefined || perSecond === undefined || Number(requests) === 0)
    throw new Error(`wrk had no answers: ${printed}`);
  return { requests: Number(requests), requestsPerSecond: Number(perSecond) };
}
