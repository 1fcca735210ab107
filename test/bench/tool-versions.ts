import { execFile } from 'node:child_process';
import { findTool } from './missing-tool.js';
import type { Tool } from './missing-tool.js';

const versionFlag = { nginx: '-v', wrk: '-v', taskset: '--version' } as const satisfies Record<Tool, string>;

/** What each tool calls its version; `null` where it is not installed. Figures of two machines can be compared only with these. */
export async function toolVersions(): Promise<Readonly<Record<Tool, string | null>>> {
  const [nginx, wrk, taskset] = await Promise.all([versionOf('nginx'), versionOf('wrk'), versionOf('taskset')]);
  return { nginx, wrk, taskset };
}

async function versionOf(tool: Tool): Promise<string | null> {
  const program = await findTool(tool);
  if (program === undefined) return null;
  // nginx says it on stderr, and wrk ends with 1 behind it.
  const printed = await new Promise<string>((resolve) =>
    execFile(program, [versionFlag[tool]], (_, stdout, stderr) => resolve(stdout || stderr)),
  );
  return /\d+(\.\d+)+/.exec(printed)?.[0] ?? 'unknown';
}
