import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json: tests are compiled to another depth than they are written at. */
export const repositoryRoot = above(import.meta.dirname);

function above(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : above(dirname(folder));
}
