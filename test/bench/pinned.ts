import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findTool } from './missing-tool.js';

const run = promisify(execFile);

/** Processors for what is measured and for what loads it. */
interface Places {
  /** The program that keeps processes there. */
  readonly taskset: string;
  readonly server: number;
  readonly load: number;
}

/**
 * Servers are kept on one processor and what loads them on another, where there are two and `taskset` is there. Else both take what is free,
 * and a server that needs more than one processor's time takes it from the load.
 */
export async function canPin(): Promise<boolean> {
  return (await places()) !== undefined;
}

/** Keeps a running server, with all its threads, on its processor. */
export async function pinServer(pid: number): Promise<void> {
  const found = await places();
  if (found !== undefined) await run(found.taskset, ['-acp', String(found.server), String(pid)]);
}

/** The words in front of a command that keep it on the processor for the load; none where that cannot be done. */
export async function loadPrefix(): Promise<readonly string[]> {
  const found = await places();
  return found === undefined ? [] : [found.taskset, '-c', String(found.load)];
}

async function places(): Promise<Places | undefined> {
  const taskset = await findTool('taskset');
  if (taskset === undefined) return undefined;
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [server, load] = readProcessors(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
  return server === undefined || load === undefined ? undefined : { taskset, server, load };
}

/** @param list as Linux writes it: `0-3,8` */
export function readProcessors(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return [];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at);
  });
}
