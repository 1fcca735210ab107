import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/repository-root.js';

/** Inputs that were once findings, by target: each is run before anything else. */
export function readCorpus(target: string): Buffer[] {
  const folder = join(repositoryRoot, 'test/fuzz/corpus', target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}
