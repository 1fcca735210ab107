import test from 'ava';
import fc from 'fast-check';
import { UnreadableDocumentError } from '../../src/codec/json-document.js';
import { RegistrationSplitter } from '../../src/codec/registration-splitter.js';
import type { RegistrationSplitterOptions } from '../../src/codec/registration-splitter.js';

type Kind = NonNullable<RegistrationSplitterOptions['kind']>;
interface Split {
  readonly skeleton: unknown;
  readonly leaves: readonly { readonly page: number; readonly leaf: unknown }[];
}

function split(document: Buffer, kind: Kind, cuts: readonly number[] = []): Split {
  const leaves: { page: number; leaf: unknown }[] = [];
  const splitter = new RegistrationSplitter({
    kind,
    onLeaf: (page, leaf) => leaves.push({ page, leaf: JSON.parse(leaf.toString()) as unknown }),
  });
  let from = 0;
  for (const cut of [...cuts.map((c) => c % (document.length + 1)).sort((a, b) => a - b), document.length]) {
    // A copy that is wiped afterwards: nothing may lean on the chunk once push has returned.
    const chunk = Buffer.from(document.subarray(from, cut));
    splitter.push(chunk);
    chunk.fill(0x78);
    from = cut;
  }
  return { skeleton: splitter.end(), leaves };
}

const splitText = (text: string, kind: Kind = 'index') => split(Buffer.from(text), kind);

const isPage = (element: unknown): element is { items: unknown[] } =>
  typeof element === 'object' && element !== null && 'items' in element && Array.isArray(element.items);

/** What the splitter must give, told by way of JSON.parse. */
function expected(document: { items?: unknown }, kind: Kind): Split {
  const leaves: { page: number; leaf: unknown }[] = [];
  if (!Array.isArray(document.items)) return { skeleton: document, leaves };
  const kept: unknown[] = [];
  document.items.forEach((element: unknown, page) => {
    if (isPage(element)) {
      element.items.forEach((leaf) => leaves.push({ page, leaf }));
      kept.push({ ...element, items: [] });
    } else if (kind === 'page') leaves.push({ page: 0, leaf: element });
    else kept.push(element);
  });
  return { skeleton: { ...document, items: kept }, leaves };
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('items', '"items":[', '\\', '\\"', '}]', '[{"items":[', '\u00e9\u{1f4e6}', '\u2028', ''),
);
const key = fc
  .oneof(fc.constantFrom('items', 'item', 'items ', '@id', 'catalogEntry'), hostileText)
  .filter((k) => k !== '__proto__');
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    hostileText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));
const beside = fc.dictionary(key, anyValue, { maxKeys: 3 });
const withItems = (elements: fc.Arbitrary<unknown>) =>
  fc
    .tuple(beside, fc.array(elements, { maxLength: 4 }), beside)
    .map(([before, items, after]) => ({ ...before, ...{ items }, ...after, ...{ items } }));
const page = withItems(anyValue);
const document = fc.oneof(
  withItems(fc.oneof({ weight: 4, arbitrary: page }, { weight: 1, arbitrary: anyValue })),
  beside,
);
/** The same document, written in different ways. */
const written = fc
  .tuple(document, fc.constantFrom(undefined, 1, '\t', '\r\n '), fc.boolean(), fc.boolean(), fc.boolean())
  .map(([value, indent, withMark, escapesKeys, padded]) => {
    let text = JSON.stringify(value, null, indent);
    if (escapesKeys) text = text.replaceAll(/(?<!\\)"items"/g, '"\\u0069t\\u0065ms"');
    if (padded) text = ` \n${text}\r\n\t `;
    return Buffer.from(withMark ? `\ufeff${text}` : text);
  });
const parsed = (bytes: Buffer) => JSON.parse(bytes.toString().replace(/^\ufeff/, '')) as { items?: unknown };

for (const kind of ['index', 'page'] as const)
  test(`the leaves and the skeleton of an ${kind} document are what a parse of the whole gives, wherever it is cut`, (t) => {
    fc.assert(
      fc.property(written, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
        t.deepEqual(split(bytes, kind, cuts), expected(parsed(bytes), kind));
      }),
      { numRuns: 1500 },
    );
    t.pass();
  });

test('a document cut after every byte gives the same', (t) => {
  fc.assert(
    fc.property(written, (bytes) => {
      const everywhere = Array.from(bytes, (_, i) => i);
      t.deepEqual(split(bytes, 'index', everywhere), expected(parsed(bytes), 'index'));
    }),
    { numRuns: 200 },
  );
});

test('a damaged document is never split without complaint: it parses as a whole, or something throws', (t) => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'"\\,:[]{}1 x')), { minLength: 1, maxLength: 3 });
  let survivors = 0;
  fc.assert(
    fc.property(written, damage, fc.constantFrom<Kind>('index', 'page'), (bytes, edits, kind) => {
      const damaged = Buffer.from(bytes);
      for (const [at, byte] of edits) damaged.write(byte, at % damaged.length, 'latin1');
      let result: Split;
      try {
        result = split(damaged, kind, [damaged.length >> 1]);
      } catch (error) {
        t.true(error instanceof UnreadableDocumentError || error instanceof SyntaxError, String(error));
        return;
      }
      survivors++;
      t.deepEqual(result, expected(parsed(damaged), kind));
    }),
    { numRuns: 3000 },
  );
  t.true(survivors > 0);
});

test('an index with inlined pages keeps everything but the leaves', (t) => {
  t.deepEqual(
    splitText('{"count":2,"items":[{"lower":"1.0.0","items":[{"a":1},{"a":2}],"upper":"2"},{"@id":"x","items":[]}]}'),
    {
      skeleton: {
        count: 2,
        items: [
          { lower: '1.0.0', items: [], upper: '2' },
          { '@id': 'x', items: [] },
        ],
      },
      leaves: [
        { page: 0, leaf: { a: 1 } },
        { page: 0, leaf: { a: 2 } },
      ],
    },
  );
});

test('an index with external pages is its skeleton', (t) => {
  const index = { items: [{ '@id': 'https://s.example/page/1', count: 64 }, { '@id': 'https://s.example/page/2' }] };
  t.deepEqual(splitText(JSON.stringify(index)), { skeleton: index, leaves: [] });
});

test('an index whose items are leaves shows them in the skeleton', (t) => {
  const index = { items: [{ catalogEntry: { version: '1.0.0' } }] };
  t.deepEqual(splitText(JSON.stringify(index)), { skeleton: index, leaves: [] });
});

test('a page that turns out to be an index gives its leaves by page, and keeps its pages in the skeleton', (t) => {
  t.deepEqual(splitText('{"items":[{"lower":"1","items":[{"a":1}]} , {"items":[{"a":2}],"upper":"3"}]}', 'page'), {
    skeleton: {
      items: [
        { lower: '1', items: [] },
        { items: [], upper: '3' },
      ],
    },
    leaves: [
      { page: 0, leaf: { a: 1 } },
      { page: 1, leaf: { a: 2 } },
    ],
  });
});

const complaints: [string, string, RegExp][] = [
  ['an HTML page', '<!DOCTYPE html><html></html>', /^is an HTML page, not JSON$/],
  ['XML', '\ufeff<?xml version="1.0"?><feed/>', /^is XML, not JSON$/],
  ['nothing', '', /^is empty$/],
  ['white space alone', ' \r\n', /^is empty$/],
  ['an array', '[{"items":[]}]', /^is not a JSON object$/],
  ['a document cut in a leaf', '{"items":[{"items":[{"a":"b', /^ends in the middle of the document$/],
  ['a document without its last bracket', '{"items":[{"items":[{"a":1}]}]', /^ends in the middle/],
  ['two documents', '{"items":[]} {"items":[]}', /^goes on after its end$/],
  ['two arrays of leaves', '{"items":[{"items":[1],"items":[2]}]}', /^holds "items" twice$/],
  ['two arrays of pages', '{"items":[],"it\\u0065ms":3}', /^holds "items" twice$/],
  ['a comma too much', '{"items":[{"items":[1,]}]}', /^is not valid JSON$/],
  ['a leaf too few', '{"items":[{"items":[1,,2]}]}', /^is not valid JSON$/],
  ['a broken skeleton', '{"items":[{"items":[1]}],}', /^is not valid JSON$/],
  ['deep nesting', `{"items":[{"items":[${'['.repeat(100)}`, /^is nested too deeply$/],
];
for (const [what, text, message] of complaints)
  test(`${what} is refused in words`, (t) => {
    t.throws(() => splitText(text), { instanceOf: UnreadableDocumentError, message });
  });

test('leaves and skeleton are bounded, and a splitter that failed stays failed', (t) => {
  const of = (limits: Partial<RegistrationSplitterOptions>, text: string) => {
    const splitter = new RegistrationSplitter({ onLeaf: () => {}, ...limits });
    t.throws(() => splitter.push(Buffer.from(text)), { instanceOf: UnreadableDocumentError, message: /too large/ });
    t.throws(() => splitter.push(Buffer.from('x')), { message: /too large/ });
    t.throws(() => splitter.end(), { message: /too large/ });
  };
  of({ maxLeafBytes: 10 }, '{"items":[{"items":["0123456789",');
  of({ maxLeafBytes: 10 }, '{"items":[{"items":["0123456789');
  of({ maxSkeletonBytes: 10 }, '{"a":"0123456789"');
});
