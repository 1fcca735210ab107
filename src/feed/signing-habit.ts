import { maxTwiceProvenBytes } from './admit.js';
import type { PackageRow } from './store.js';

/** After a package without a signature so many with one have to come before the source counts as one that signs. */
const enoughInARow = 20;

/**
 * Which sources sign their packages, as seen: of these no hash is asked beside a download. Whoever is wrong about it pays two round trips
 * behind one, so a source that passes on what others signed beside its own, as private feeds do, does not count.
 */
export class SigningHabit {
  /** Signed ones since the last that was not, by source; all that came where none was unsigned counts as enough. */
  readonly #inARow = new Map<string, number>();

  /** A package of the source was admitted. */
  note({ source, evidence, size }: Pick<PackageRow, 'source' | 'evidence' | 'size'>): void {
    const before = this.#inARow.get(source) ?? enoughInARow;
    if (evidence?.includes('signature-hash')) this.#inARow.set(source, before + 1);
    // Of larger ones the signature is not looked at where the published hash was there.
    else if (size <= maxTwiceProvenBytes) this.#inARow.set(source, 0);
  }

  /** @returns `undefined` before its first package */
  isUsual(source: string): boolean | undefined {
    const inARow = this.#inARow.get(source);
    return inARow === undefined ? undefined : inARow >= enoughInARow;
  }
}
