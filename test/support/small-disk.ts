import { spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';

import { temporaryDirectory } from './temporary-directory.js';

/** Whether this process may mount a disk in memory. */
export function canMount(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0 && mountWorks();
}

function mountWorks(): boolean {
  const path = spawnSync('mktemp', ['-d']).stdout.toString().trim();
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]).status === 0;
  if (isMounted) spawnSync('umount', [path]);
  spawnSync('rmdir', [path]);
  return isMounted;
}

/** A file system of its own with this much room, gone after the test. @returns its path */
export async function smallDisk(t: ExecutionContext, mebibytes: number): Promise<string> {
  const path = await temporaryDirectory(t);
  run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path);
  t.teardown(() => spawnSync('umount', ['--lazy', path]));
  return path;
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.toString()}`);
}
