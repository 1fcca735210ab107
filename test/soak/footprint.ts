import { readdir, readFile } from 'node:fs/promises';

/** What a process holds (Linux). */
export interface Footprint {
  readonly atSeconds: number;
  /** Resident memory without mapped files, in bytes: LevelDB maps its tables. */
  readonly privateBytes: number;
  readonly descriptors: number;
}

export async function footprintOf(pid: number, atSeconds: number): Promise<Footprint> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN);
  return { atSeconds, privateBytes: kilobytes * 1024, descriptors: (await readdir(`/proc/${pid}/fd`)).length };
}

/** What grew after the warm-up: the last third against the third before it. */
export function growth(footprints: readonly Footprint[]): { readonly bytes: number; readonly descriptors: number } {
  const third = Math.floor(footprints.length / 3);
  const middle = footprints.slice(third, 2 * third);
  const last = footprints.slice(2 * third);
  const of = (part: readonly Footprint[], what: (one: Footprint) => number) => median(part.map(what));
  return {
    bytes: of(last, ({ privateBytes }) => privateBytes) - of(middle, ({ privateBytes }) => privateBytes),
    descriptors: of(last, ({ descriptors }) => descriptors) - of(middle, ({ descriptors }) => descriptors),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
