import test from 'ava';
import fc from 'fast-check';

import { UnreadableDocumentError } from '../../src/codec/json-document.js';
import { MemberSplitter } from '../../src/codec/member-splitter.js';
import type { MemberSplitterOptions } from '../../src/codec/member-splitter.js';

/** The members of a document that arrives in pieces of this size. */
function split(text: string | Buffer, size = 7, options: Omit<MemberSplitterOptions, 'onMember'> = {}) {
  const members: [string, unknown][] = [];
  const splitter = new MemberSplitter({ ...options, onMember: (name, value) => members.push([name, value]) });
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) splitter.push(bytes.subarray(from, from + size));
  splitter.end();
  return members;
}

test('any object is cut into the members that a parser sees, however it arrives and is laid out', (t) => {
  const member = fc.tuple(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(fc.array(member), fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, 2), (members, size, indent) => {
      const text = JSON.stringify(Object.fromEntries(members), undefined, indent);
      t.deepEqual(split(text, size), Object.entries(JSON.parse(text) as object));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('a byte order mark, white space, an empty object and an empty array are taken', (t) => {
  t.deepEqual(split(Buffer.from('\ufeff {"a": 1}\n')), [['a', 1]]);
  t.deepEqual(split(' { } '), []);
  t.deepEqual(split('[ ]'), []);
});

test('a name that comes twice is told twice', (t) => {
  t.deepEqual(split('{"a":1,"a":2}'), [
    ['a', 1],
    ['a', 2],
  ]);
});

for (const [text, complaint] of [
  ['', /empty/],
  ['<html>', /markup/],
  ['<?xml version="1.0"?>', /markup/],
  ['[1]', /not a JSON object/],
  ['"a"', /not a JSON object/],
  ['{"a":1', /ends in the middle/],
  ['{"a":[1', /ends in the middle/],
  ['{"a":"}', /ends in the middle/],
  ['{"a":1} x', /goes on/],
  ['{"a":1,}', /not valid/],
  ['{,"a":1}', /not valid/],
  ['{"a":1,,"b":2}', /not valid/],
  ['{"a"}', /not valid/],
  ['{"a":[1}]}', /ends in the middle/],
  ['{a:1}', /not valid/],
  [`{"a":${'['.repeat(70)}${']'.repeat(70)}}`, /too deeply/],
] as const)
  test(`refused: ${text.slice(0, 30)}`, (t) => {
    for (const size of [1, 1000])
      t.throws(() => split(text, size), { instanceOf: UnreadableDocumentError, message: complaint });
  });

test('a member that passes the limit is refused before it is whole', (t) => {
  t.throws(() => split(`{"a":"${'x'.repeat(200)}`, 10, { maxMemberBytes: 100 }), { message: /too large/ });
});
