import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Note } from './note.js';

/** LevelDB cannot read what it wrote into a directory of the store. */
export class DamagedPartError extends Error {
  override readonly name = 'DamagedPartError';

  /** `part`: the directory, seen from the store's. */
  constructor(
    private readonly part: string,
    options: ErrorOptions,
  ) {
    super(`${part} is damaged`, options);
  }

  /** Moves the directory out of the way, for those who want to look at it, and says so. */
  async setAside(path: string, nowMs: number, tell: (note: Note) => void): Promise<void> {
    const aside = join(dirname(this.part), `${basename(this.part)}.damaged-${nowMs}`);
    await rename(join(path, this.part), join(path, aside));
    tell({ level: 'error', text: `${this.part} in the store was damaged and is set aside as ${aside}: ${this.#loss}` });
  }

  get #loss(): string {
    return this.part === 'meta'
      ? 'the index is rebuilt from the packages, and what sources said is asked again'
      : 'its packages are fetched again when they are asked for';
  }
}
