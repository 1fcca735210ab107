import { edgeNumbers, strangeCharacters } from './mutate-bytes.js';
import type { Mutation, MutationSource } from './mutate.js';

/** A value as it is written: members stay pairs, so that a name may stand twice. */
type Node =
  | { readonly kind: 'object'; readonly members: [name: string, value: Node][] }
  | { readonly kind: 'array'; readonly elements: Node[] }
  /** JSON, or what is put in its place. */
  | { readonly kind: 'text'; text: string };

/** Mutates the tree of a JSON document. What does not parse is left as it is. */
export const mutateJson: Mutation = (input, from) => {
  if (from.random.chance(0.01)) return Buffer.from(from.random.pick(instead));
  try {
    return mutateTree(nodeOf(JSON.parse(input.toString('utf8').replace(/^\ufeff/, ''))), from);
  } catch {
    // No JSON, or nested too deeply to be walked.
    return input;
  }
};

/** What comes where JSON was asked for. */
const instead: readonly [string, ...string[]] = [
  '<!DOCTYPE html><html><body>Sign in</body></html>',
  ' \n<html>',
  '<?xml version="1.0"?><Error/>',
  'null',
  '"text"',
  '[]',
  '{}',
  ' ',
  'upstream connect error',
];

function mutateTree(root: Node, from: MutationSource): Buffer {
  const nodes = allOf(root);
  const groups = nodes.filter((node) => node.kind !== 'text');
  const group = from.random.pick(groups);
  if (group === undefined) return Buffer.from(strange(from));
  if (group.kind === 'object') from.random.pick(onObjects)(group.members, from, nodes);
  else from.random.pick(onArrays)(group.elements, from, nodes);
  const text = write(root, from.random.chance(0.2) ? from : undefined);
  return Buffer.from(from.random.chance(0.05) ? `\ufeff${text}` : text);
}

type OnObject = (members: [string, Node][], from: MutationSource, nodes: readonly Node[]) => void;
const onObjects: readonly [OnObject, ...OnObject[]] = [
  (members, { random }) => members.splice(random.below(members.length), 1),
  function twice(members, { random }) {
    const member = random.pick(members);
    if (member) members.splice(random.below(members.length + 1), 0, member);
  },
  function rename(members, { random, dictionary }) {
    const member = random.pick(members);
    if (member)
      member[0] = random.pick([
        '__proto__',
        member[0].toUpperCase(),
        '',
        `${member[0]} `,
        random.pick(dictionary) ?? '@id',
      ]);
  },
  function swapNames(members, { random }) {
    const [one, other] = [random.pick(members), random.pick(members)];
    if (one && other) [one[0], other[0]] = [other[0], one[0]];
  },
  function replace(members, from, nodes) {
    const member = from.random.pick(members);
    if (member) member[1] = other(from, nodes);
  },
  function add(members, from, nodes) {
    members.push([from.random.pick(from.dictionary) ?? 'items', other(from, nodes)]);
  },
  function wrap(members, { random }) {
    const member = random.pick(members);
    if (member)
      member[1] = random.chance(0.5)
        ? { kind: 'array', elements: [member[1]] }
        : { kind: 'object', members: [[member[0], member[1]]] };
  },
];

type OnArray = (elements: Node[], from: MutationSource, nodes: readonly Node[]) => void;
const onArrays: readonly [OnArray, ...OnArray[]] = [
  (elements, { random }) => elements.splice(random.below(elements.length), 1),
  function repeat(elements, { random }) {
    const element = random.pick(elements);
    const times = random.chance(0.1) ? random.below(300) : 1;
    if (element) elements.splice(random.below(elements.length + 1), 0, ...Array.from({ length: times }, () => element));
  },
  function replace(elements, from, nodes) {
    elements[from.random.below(elements.length)] = other(from, nodes);
  },
  (elements, from, nodes) => elements.push(other(from, nodes)),
  (elements) => elements.reverse(),
  (elements) => elements.splice(0),
];

/** Something else: a value from elsewhere in the document, of another type, deep, long or no JSON at all. */
function other(from: MutationSource, nodes: readonly Node[]): Node {
  const { random } = from;
  if (random.chance(0.3)) {
    // As text: a node that stands in itself would never end.
    const chosen = random.pick(nodes);
    if (chosen) return { kind: 'text', text: write(chosen) };
  }
  return { kind: 'text', text: strange(from) };
}

function strange({ random, dictionary }: MutationSource): string {
  switch (random.below(9)) {
    case 0:
      return random.pick(['null', 'true', 'false', '""', '[]', '{}', '[null]', '[[]]', '{"":null}', '[{}]']);
    case 1:
      return random.pick(edgeNumbers);
    case 2:
      return `"${random.pick(edgeNumbers)}"`;
    case 3: {
      const depth = random.pick([5, 60, 63, 64, 65, 200, 5000]);
      return random.chance(0.5)
        ? '['.repeat(depth) + ']'.repeat(depth)
        : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
    }
    case 4:
      return JSON.stringify(random.pick(strangeCharacters).repeat(random.pick([1, 3, 100, 10_000])));
    case 5:
      return random.pick([
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\u0000"',
        '"\\u0001\\u0002"',
        '"\\x"',
        '"\u0001"',
        '"\\',
        "'a'",
        'undefined',
        '1,',
        '/**/1',
      ]);
    case 6:
      return JSON.stringify('a'.repeat(random.pick([100, 256, 4096, 30_000])));
    default:
      return JSON.stringify(random.pick(dictionary) ?? '');
  }
}

function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return { kind: 'array', elements: value.map(nodeOf) };
  if (typeof value === 'object' && value !== null)
    return { kind: 'object', members: Object.entries(value).map(([name, member]) => [name, nodeOf(member)]) };
  return { kind: 'text', text: JSON.stringify(value) };
}

function allOf(root: Node): Node[] {
  const below =
    root.kind === 'array' ? root.elements : root.kind === 'object' ? root.members.map(([, value]) => value) : [];
  return [root, ...below.flatMap(allOf)];
}

/** @param from gives white space and escapes, where they shall be unusual */
function write(node: Node, from?: MutationSource): string {
  const space = () => (from?.random.chance(0.3) ? from.random.pick([' ', '\n', '\r\n\t', '   ']) : '');
  const name = (text: string) => {
    const [first = ''] = text;
    return from?.random.chance(0.3) && /^[a-z@]/.test(first)
      ? `"\\u00${first.charCodeAt(0).toString(16)}${JSON.stringify(text.slice(1)).slice(1)}`
      : JSON.stringify(text);
  };
  if (node.kind === 'text') return node.text;
  if (node.kind === 'array')
    return `[${node.elements.map((element) => space() + write(element, from) + space()).join(',')}]`;
  return `{${node.members.map(([key, value]) => `${space()}${name(key)}${space()}:${space()}${write(value, from)}${space()}`).join(',')}}`;
}
