import type { Mutation } from './mutate.js';
import type { Random } from './random.js';

/** Numbers at which readers of numbers go wrong. */
export const edgeNumbers = [
  '0', '-0', '-1', '1', '00', '007', '1e3', '1e309', '-1e309', '0.1', '127', '128', '255', '256', '32767', '65535', '65536',
  '2147483647', '2147483648', '-2147483648', '4294967295', '4294967296', '9007199254740991', '9007199254740993',
  '9223372036854775807', '18446744073709551616', '1e-400', '0x10', '٣', '９', 'NaN', 'Infinity', '9'.repeat(400),
] as const; // prettier-ignore

/** Characters that mean something to some reader, or look like nothing. */
export const strangeCharacters = [
  '\0', '\u0001', '\u0002', '\u0003', '\t', '\r\n', '\u001b[2J', '\u007f', '\u0085', '\u00a0', '\u00ad', 'İ', 'ı', 'K', 'ſ', 'ß',
  '\u200b', '\u2028', '\u2029', '\u202e', '\ufeff', '\ufffe', '\uffff', '\u{1f4e6}', '\u{10ffff}', '%', '%2f', '%2e%2e', '%00',
  '..', '//', '\\', '"', "'", '<', '>', '&', '#', '?', ';', ',', ':', '@', '=', '*', '+', '-', ' ', '__proto__', 'constructor',
] as const; // prettier-ignore

/** Mutates without regard to what the bytes mean. */
export const mutateBytes: Mutation = (input, from) => from.random.pick(mutations)(input, from);

const mutations: readonly [Mutation, ...Mutation[]] = [
  function flipBit(input, { random }) {
    if (input.length === 0) return input;
    const copy = Buffer.from(input);
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  function setByte(input, { random }) {
    if (input.length === 0) return input;
    const copy = Buffer.from(input);
    copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  (input, { random }) => input.subarray(0, random.below(input.length + 1)),
  function removeSome(input, { random }) {
    const { start, end } = stretch(input, random);
    return Buffer.concat([input.subarray(0, start), input.subarray(end)]);
  },
  function repeatSome(input, { random }) {
    const { start, end } = stretch(input, random);
    const piece = input.subarray(start, end);
    // Now and then very often: that is where a quadratic reader shows.
    const most = Math.max(1, Math.floor(65_536 / Math.max(1, piece.length)));
    const times = random.chance(0.05) ? 1 + random.below(most) : 1 + random.below(4);
    return Buffer.concat([input.subarray(0, end), Buffer.alloc(piece.length * times, piece), input.subarray(end)]);
  },
  function spliceFromPool(input, { random, pool }) {
    const other = random.pick(pool) ?? input;
    const { start, end } = stretch(other, random);
    const into = stretch(input, random);
    return Buffer.concat([input.subarray(0, into.start), other.subarray(start, end), input.subarray(into.end)]);
  },
  function swapStretches(input, { random }) {
    const at = random.below(input.length + 1);
    const { start, end } = stretch(input.subarray(at), random);
    return Buffer.concat([input.subarray(at + start, at + end), input.subarray(0, at), input.subarray(at + end)]);
  },
  (input, { random, dictionary }) => insert(input, random.pick(dictionary) ?? random.pick(strangeCharacters), random),
  (input, { random }) => insert(input, random.pick(strangeCharacters), random),
  function replaceNumber(input, { random }) {
    const text = input.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    const chosen = random.pick(numbers);
    const edge = Buffer.from(random.pick(edgeNumbers));
    if (chosen === undefined) return insert(input, edge.toString(), random);
    const end = chosen.index + chosen[0].length;
    return Buffer.concat([input.subarray(0, chosen.index), edge, input.subarray(end)]);
  },
  function replaceWord(input, { random, dictionary }) {
    const words = [...input.toString('latin1').matchAll(/[\w.-]+/g)];
    const chosen = random.pick(words);
    const word = random.pick(dictionary);
    if (chosen === undefined || word === undefined) return input;
    const end = chosen.index + chosen[0].length;
    return Buffer.concat([input.subarray(0, chosen.index), Buffer.from(word), input.subarray(end)]);
  },
  // Bytes that are no UTF-8: overlong, cut, surrogates.
  (input, { random }) =>
    insertBytes(
      input,
      Buffer.from(random.pick(['c080', 'e28', 'eda080', 'f4908080', 'ff', 'c3', 'efbbbf']), 'hex'),
      random,
    ),
];

function stretch(input: Buffer, random: Random): { start: number; end: number } {
  const start = random.below(input.length + 1);
  const longest = random.chance(0.7) ? 16 : input.length;
  return { start, end: Math.min(input.length, start + 1 + random.below(longest)) };
}

const insert = (input: Buffer, text: string, random: Random) => insertBytes(input, Buffer.from(text), random);

function insertBytes(input: Buffer, bytes: Buffer, random: Random): Buffer {
  const at = random.below(input.length + 1);
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);
}
