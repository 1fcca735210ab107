import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Programs that a benchmark runs and never installs, with the Debian package that holds each. */
const packageOf = { nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' } as const;

export type Tool = keyof typeof packageOf;

/** Where system programs lie that are not on every user's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @returns the path of the program, or `undefined` where it is not installed */
export async function findTool(tool: Tool): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...systemFolders];
  for (const folder of folders.filter((one) => one !== '')) {
    const path = join(folder, tool);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** Why a figure that needs these programs cannot be measured here, in words for a row; `undefined` when all are there. */
export async function whyMissing(...tools: readonly Tool[]): Promise<string | undefined> {
  for (const tool of tools)
    if ((await findTool(tool)) === undefined) return `${tool} is missing: apt-get install ${packageOf[tool]}`;
  return undefined;
}
