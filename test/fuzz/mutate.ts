import { mutateBytes } from './mutate-bytes.js';
import { mutateJson } from './mutate-json.js';
import { mutateXml } from './mutate-xml.js';
import { mutateZip } from './mutate-zip.js';
import type { Random } from './random.js';
import type { Shape } from './target.js';

export interface MutationSource {
  readonly random: Random;
  /** What pieces may be taken from. */
  readonly pool: readonly Buffer[];
  readonly dictionary: readonly string[];
}

/** One mutation. Returns new bytes, never the input's own memory changed; the input itself where it does not fit. */
export type Mutation = (input: Buffer, from: MutationSource) => Buffer;

const mostAtOnce = 6;
const mutationOf: Partial<Record<Shape, Mutation>> = { json: mutateJson, xml: mutateXml, zip: mutateZip };

/** A few mutations one after the other: by the document's structure where it has one, by bytes where that is too tidy. */
export function mutate(input: Buffer, shape: Shape, maxBytes: number, from: MutationSource): Buffer {
  const { random } = from;
  const structural = mutationOf[shape];
  let mutated = input;
  // Few far more often than many: a document with many faults is refused for the first.
  const times = 1 + Math.floor(random.next() ** 2 * mostAtOnce);
  for (let i = 0; i < times; i++) {
    mutated = structural && random.chance(0.75) ? structural(mutated, from) : mutateBytes(mutated, from);
    if (mutated.length > maxBytes) mutated = mutated.subarray(0, maxBytes);
  }
  return mutated;
}
