import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Target } from './target.js';

const folder = join(import.meta.dirname, 'targets');

/** A target, and the file that a process of its own loads it from. */
export interface PlacedTarget {
  readonly target: Target;
  readonly file: string;
}

/** Every target there is: a new file in `targets/` is enough. */
export async function allTargets(): Promise<PlacedTarget[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const loaded = await Promise.all(files.sort().map((name) => loadTargets(join(folder, name))));
  return loaded.flat();
}

export async function loadTargets(file: string): Promise<PlacedTarget[]> {
  const exported = (await import(pathToFileURL(file).href)) as { target?: Target; targets?: readonly Target[] };
  const targets = exported.targets ?? (exported.target ? [exported.target] : []);
  if (targets.length === 0) throw new Error(`${file} exports neither target nor targets`);
  return targets.map((target) => ({ target, file }));
}
