import { createHash } from 'node:crypto';

import { PackageIdentity } from '../../src/nuget/package-identity.js';
import type { PackageStore } from '../../src/feed/store.js';
import type { SamplePackage } from './sample-package.js';

/** Numbers from 0 up to but not including 1 that look random: the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Wanted {
  readonly identity: PackageIdentity;
  readonly size: number;
}

/** Packages that are wanted as packages are: few often, most hardly ever, and of very different sizes. */
export class PackageTraffic {
  readonly #random: () => number;
  readonly #wanted: readonly Wanted[];
  /** Sums of the weights up to each package. */
  readonly #sums: Float64Array;

  constructor(options: { seed: number; packages: number; medianBytes: number; maxBytes: number; skew: number }) {
    this.#random = randomFrom(options.seed);
    this.#wanted = Array.from({ length: options.packages }, (_, n) => ({
      identity: PackageIdentity.parse(`Wanted.P${n}`, '1.0.0'),
      size: Math.min(options.maxBytes, Math.ceil(options.medianBytes * Math.exp(1.2 * this.#normal()))),
    }));
    this.#sums = new Float64Array(options.packages);
    let sum = 0;
    for (let n = 0; n < options.packages; n++) this.#sums[n] = sum += 1 / (n + 1) ** options.skew;
  }

  next(): Wanted {
    const at = this.#random() * this.#sums.at(-1)!;
    let [low, high] = [0, this.#sums.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sums[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return this.#wanted[low]!;
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

/** The bytes of a package, the same each time. */
export function bytesOf({ identity, size }: Wanted): Buffer {
  return Buffer.alloc(size, createHash('sha512').update(identity.key).digest());
}

export function sampleOf(wanted: Wanted, source = 'nuget.org'): SamplePackage {
  const bytes = bytesOf(wanted);
  const sha512 = createHash('sha512').update(bytes).digest('base64');
  return { bytes, facts: { identity: wanted.identity, source, sha512, cachedAtMs: 1_700_000_000_000 } };
}

/** What a cache without any overhead would have had that always forgets what was not wanted for longest. */
export class IdealCache {
  readonly #kept = new Map<string, number>();
  #bytes = 0;
  #hits = 0;
  #asked = 0;

  constructor(private readonly maxBytes: number) {}

  ask({ identity, size }: Wanted): void {
    this.#asked++;
    if (this.#kept.delete(identity.key)) this.#hits++;
    else this.#bytes += size;
    this.#kept.set(identity.key, size);
    for (const [key, bytes] of this.#kept) {
      if (this.#bytes <= this.maxBytes) break;
      this.#kept.delete(key);
      this.#bytes -= bytes;
    }
  }

  get hitRate(): number {
    return this.#hits / this.#asked;
  }
}

/** Reads a package from the store. @returns whether the bytes are right, `undefined` when it is not kept */
export async function readBack(packages: PackageStore, wanted: Wanted): Promise<boolean | undefined> {
  const row = await packages.find(wanted.identity);
  if (row === undefined) return undefined;
  const hash = createHash('sha512');
  for await (const piece of (await packages.open(row)).stream()) hash.update(piece);
  return row.size === wanted.size && hash.digest('base64') === row.sha512;
}
