import type { PackageIdentity } from '../../nuget/package-identity.js';
import { removalKey, toldKey } from '../keys.js';
import type { Write } from './database.js';

/**
 * An entry of the blob log by which records before it do not count any more, so that a lost index is not rebuilt with packages that were
 * removed. It lives as long as a generation that may hold such a record.
 */
export interface Removal {
  /** Key of the identity. */
  readonly package: string;
  /** Records below this counter are meant. */
  readonly before: number;
  /** Only this record is meant. */
  readonly record?: number;
}

export function removalWrite(counter: number, removal: Removal): Write<Buffer> {
  return { type: 'put', key: removalKey(counter), value: encode(removal) };
}

/** The row by which the index knows of a removal in the log. */
export function toldWrite(counter: number, removal: Removal): Write<string> {
  return { type: 'put', key: toldKey(counter), value: encode(removal) };
}

const encode = (removal: Removal): Buffer => Buffer.from(JSON.stringify(removal));

export const decodeRemoval = (bytes: Buffer): Removal => JSON.parse(bytes.toString()) as Removal;

/** The removals that are in the log. */
export class Removals {
  readonly #before = new Map<string, number>();
  readonly #records = new Set<number>();

  note(removal: Removal): void {
    if (removal.record !== undefined) this.#records.add(removal.record);
    else this.#before.set(removal.package, Math.max(removal.before, this.#before.get(removal.package) ?? 0));
  }

  has(identity: PackageIdentity, record: number): boolean {
    return this.#records.has(record) || record < (this.#before.get(identity.key) ?? 0);
  }
}
