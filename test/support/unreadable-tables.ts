import { readdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Puts links that lead nowhere but to themselves in the place of all table files below a directory: to open one is an I/O error. */
export class UnreadableTables {
  readonly #names: readonly string[];

  constructor(private readonly path: string) {
    this.#names = readdirSync(path).filter((name) => name.endsWith('.ldb'));
    for (const name of this.#names) {
      renameSync(join(path, name), join(path, `${name}.aside`));
      symlinkSync(name, join(path, name));
    }
  }

  get count(): number {
    return this.#names.length;
  }

  /** The disk is well again. */
  restore(): void {
    for (const name of this.#names) {
      unlinkSync(join(this.path, name));
      renameSync(join(this.path, `${name}.aside`), join(this.path, name));
    }
  }
}
