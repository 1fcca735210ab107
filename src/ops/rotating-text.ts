import { readFile } from 'node:fs/promises';
import type { Clock } from './clock.js';

/** A text that is replaced while the process runs when it stands in a file: a password, a token, a certificate. */
export interface RotatingTextOptions {
  readonly text: string;
  /** Absolute path of the file that it was read from; without one it never changes. */
  readonly file?: string;
  readonly clock: Clock;
  /** Whether a new text can be used at all. An empty one never is. */
  readonly isUsable?: (text: string) => boolean;
  /** Told of each new text, before it is used. */
  readonly onChange?: (text: string) => void;
  /** Told once when the file cannot be used any more; the last good text stays. */
  readonly onTrouble?: (problem: string) => void;
}

/** How often a file is looked at, at most. */
const lookEveryMs = 3_000;

/**
 * Reads its file anew when asked to look, by content: Kubernetes swaps a link, others rewrite the file in place, and neither time nor
 * inode tells all of that. One line end at the end of the file is not part of the text.
 */
export class RotatingText {
  #text: string;
  #lookedAtMs: number;
  #looking: Promise<void> | undefined;
  #isTroubled = false;

  constructor(private readonly options: RotatingTextOptions) {
    this.#text = options.text;
    this.#lookedAtMs = options.clock.now();
  }

  get text(): string {
    return this.#text;
  }

  /** Looks at the file, unless that was done just now. @param isUrgent whatever was done before */
  async look(isUrgent = false): Promise<void> {
    const { file, clock } = this.options;
    if (file === undefined) return;
    const sinceMs = clock.now() - this.#lookedAtMs;
    if (!isUrgent && sinceMs >= 0 && sinceMs < lookEveryMs) return;
    this.#lookedAtMs = clock.now();
    this.#looking ??= this.#read(file).finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #read(file: string): Promise<void> {
    const { isUsable = () => true, onChange } = this.options;
    try {
      const text = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
      if (text === '') return this.#trouble(`${file} is empty`);
      if (!isUsable(text)) return this.#trouble(`${file} holds what cannot be used`);
      this.#isTroubled = false;
      if (text === this.#text) return;
      onChange?.(text);
      this.#text = text;
    } catch (error) {
      this.#trouble(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    }
  }

  #trouble(problem: string): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.options.onTrouble?.(problem);
  }
}
