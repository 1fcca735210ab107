import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { findTool } from './missing-tool.js';

const run = promisify(execFile);

/** USER_HZ, which Linux fixes for all that read `/proc`. */
const ticksPerSecond = 100;

/** Time that a process and all its threads have had of the processors, in microseconds (`/proc/PID/stat`: steps of 10 ms). */
export async function processorUs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold spaces: state is the 3rd field, utime the 14th, stime the 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/**
 * Whether servers and what loads them can be kept on processors of their own: servers on the first, the load on the second. Else both take
 * what is free, and a server that needs more than one processor's time gets it from the load.
 */
export async function canPin(): Promise<boolean> {
  return availableParallelism() > 1 && (await findTool('taskset')) !== undefined;
}

/** Keeps a running server, with all its threads, on the first processor, where that can be done. */
export async function pinServer(pid: number): Promise<void> {
  if (await canPin()) await run('taskset', ['-acp', '0', String(pid)]);
}

/** The words in front of a command that keep it on the second processor; none where that cannot be done. */
export async function loadPrefix(): Promise<readonly string[]> {
  return (await canPin()) ? ['taskset', '-c', '1'] : [];
}
