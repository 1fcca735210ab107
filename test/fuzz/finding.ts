import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An input that a reader did not bear. */
export interface Finding {
  readonly target: string;
  readonly kind: 'error' | 'rejection' | 'hang' | 'slow' | 'memory' | 'crash';
  /** The same for inputs that fail in the same way. */
  readonly key: string;
  /** For people: the error with its stack, or what was measured. */
  readonly detail: string;
  readonly input: Buffer;
}

/** What two errors share when they are the same fault: the type, and where it was thrown. */
export function keyOfError(error: unknown): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  const frames = (error.stack ?? '')
    .split('\n')
    // The frames of the run itself differ between the first time and a repetition.
    .filter(
      (line) => line.trimStart().startsWith('at ') && !/fuzz\/(worker|minimise|loop-hold)\.|<anonymous>$/.test(line),
    )
    .slice(0, 3)
    .map((line) => line.trim().replace(/^.*\/(?=[^/]+$)/, ''));
  const message = error.message.replace(/"[^"]*"/g, '""').replace(/\d+/g, '0');
  return `${error.name}: ${message.slice(0, 100)} (${frames.join(' < ')})`;
}

/** Writes the input below `folder`, with what became of it beside it. @returns the input's path */
export async function keepFinding(folder: string, { target, kind, key, detail, input }: Finding): Promise<string> {
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
  const path = join(folder, target, name);
  await mkdir(join(folder, target), { recursive: true });
  await writeFile(path, input);
  await writeFile(`${path}.txt`, `${kind}: ${key}\n\n${detail}\n`);
  return path;
}
