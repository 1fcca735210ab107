import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Larder's version, from its package.json: the nearest one above this file, which is compiled to different depths. */
export const version = readVersion(import.meta.dirname);

function readVersion(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
        name?: unknown;
        version?: unknown;
      };
      if (manifest.name === 'larder' && typeof manifest.version === 'string') return manifest.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (dirname(at) === at) throw new Error(`no package.json of larder above ${folder}`);
  }
}
