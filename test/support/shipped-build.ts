import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './repository-root.js';

let made: Promise<string> | undefined;

/** The command as it is shipped, of the sources as they are: bundled at the first call. @returns its main script */
export function shippedScript(): Promise<string> {
  return (made ??= bundle(join(repositoryRoot, 'build/shipped')));
}

async function bundle(folder: string): Promise<string> {
  await promisify(execFile)(process.execPath, [join(repositoryRoot, 'scripts/bundle.js'), folder]);
  return join(folder, 'main.js');
}
