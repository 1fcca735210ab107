import { hash, timingSafeEqual } from 'node:crypto';

/** The keys of our clients, as digests. */
export class KeyRing {
  readonly #keys: readonly { readonly name: string; readonly digest: Buffer }[];

  constructor(keys: readonly { readonly name: string; readonly key: string }[]) {
    this.#keys = keys.map(({ name, key }) => ({ name, digest: digestOf(Buffer.from(key)) }));
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /**
   * The name of the key that was presented. Takes the same time whichever key it is and however much of it is right: digests are
   * compared, all of them, to their ends.
   */
  nameOf(presented: Buffer): string | undefined {
    const digest = digestOf(presented);
    let found: string | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.name;
    return found;
  }
}

function digestOf(key: Buffer): Buffer {
  return hash('sha256', key, 'buffer');
}
