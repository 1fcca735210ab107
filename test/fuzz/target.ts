import { AssertionError } from 'node:assert';

/** One reader of bytes from outside. Files in `targets/` export theirs as `target` or, where several belong together, `targets`. */
export interface Target {
  /** Names the folders of its corpus and its failures. */
  readonly name: string;
  /** What the inputs look like: mutations of that kind are mixed with those of plain bytes. */
  readonly shape: Shape;
  /** Valid documents, and some that are nearly so. At least one. */
  readonly seeds: readonly Buffer[];
  /** Words that the reader looks for: they are put into inputs. */
  readonly dictionary?: readonly string[];
  /** How long an input may keep the event loop. Default 50 ms; more for what is read before the server listens. */
  readonly maxHoldMs?: number;
  /** No input is made longer than this. Default 64 KiB. */
  readonly maxInputBytes?: number;
  /**
   * Reads the input and checks what came of it. Refuses by the reader's documented error types alone, which {@link refusing} sorts out; any
   * other error is a finding.
   *
   * @returns how the input fared, in a word or two: inputs that fare in a new way are kept and mutated further
   */
  run(input: Buffer): Outcome | Promise<Outcome>;
}

export type Shape = 'bytes' | 'text' | 'json' | 'xml' | 'zip';
export type Outcome = string;

type ErrorType = abstract new (...args: never[]) => Error;

/** Turns a documented refusal into an outcome; lets every other error through. */
export function refusing(types: readonly ErrorType[], error: unknown): Outcome {
  const documented = types.find((type) => error instanceof type);
  if (documented === undefined) throw error;
  // Figures and quotations differ without end: they are no new way to fare.
  const message = (error as Error).message.replace(/"[^"]*"|'[^']*'/g, '""').replace(/\d+/g, '0');
  return `${documented.name}: ${message.slice(0, 80)}`;
}

/** Holds for every input that was read, or the reader is wrong. */
export function mustHold(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new AssertionError({ message: `broken: ${invariant}`, stackStartFn: mustHold });
}

/** The input's text, for readers of text. */
export const textOf = (input: Buffer): string => input.toString('utf8');

/** The input as it might arrive, cut where its own bytes say. */
export async function* inPieces(input: Buffer): AsyncGenerator<Buffer> {
  const shift = input.length > 4096 ? 6 : 1;
  const step = (1 + (input[input.length >> 1] ?? 0)) << shift;
  for (let from = 0; from < input.length; from += step) yield input.subarray(from, from + step);
}

/** The same for readers that promise to copy what they keep: each piece is wiped once it was taken. */
export async function* inPassingPieces(input: Buffer): AsyncGenerator<Buffer> {
  for await (const piece of inPieces(input)) {
    const passing = Buffer.from(piece);
    yield passing;
    passing.fill(0x78);
  }
}
