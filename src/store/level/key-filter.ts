/** 512 KiB: at 200,000 keys one in a thousand that was never added is taken for one that was, at a million one in seven. */
const bitCount = 2 ** 22;
const probes = 4;

/**
 * Which keys were never added: told surely, in memory that does not grow. Of some that were not either it says that they may have been
 * (B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors").
 */
export class KeyFilter {
  readonly #bits = new Uint32Array(bitCount / 32);

  add(key: string): void {
    const { start, step } = hash(key);
    for (let probe = 0; probe < probes; probe++) {
      const bit = (start + probe * step) % bitCount;
      this.#bits[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  /** `false` only where it was never added. */
  mayHave(key: string): boolean {
    const { start, step } = hash(key);
    for (let probe = 0; probe < probes; probe++) {
      const bit = (start + probe * step) % bitCount;
      if (((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Two independent numbers of 32 bits: FNV-1a, mixed as MurmurHash3 ends; the step is odd, so that no two probes are the same bit. */
function hash(key: string): { readonly start: number; readonly step: number } {
  let value = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193);
  const start = mix(value);
  return { start, step: (mix(start ^ 0x9e3779b9) | 1) >>> 0 };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
