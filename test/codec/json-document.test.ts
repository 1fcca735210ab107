import test from 'ava';
import { UnreadableDocumentError, parseJsonDocument } from '../../src/codec/json-document.js';

const parse = (text: string) => parseJsonDocument(Buffer.from(text));

test('an object is read, with a byte order mark or without', (t) => {
  t.deepEqual(parse('{"a":[1,"ä"]}'), { a: [1, 'ä'] });
  t.deepEqual(parse('\ufeff {"a":1}\n'), { a: 1 });
});

for (const [name, text, message] of [
  ['an empty body', '', 'is empty'],
  ['white space only', ' \r\n', 'is empty'],
  ['a sign-in page', '\n<!DOCTYPE html><html></html>', 'is an HTML page, not JSON'],
  ['a page without doctype', '<HTML><body>', 'is an HTML page, not JSON'],
  ['an XML error', '<?xml version="1.0"?><error/>', 'is markup, not JSON'],
  ['a list', '[{"a":1}]', 'is not a JSON object'],
  ['plain text', 'Misdirected Request', 'is not a JSON object'],
  ['a cut object', '{"versions":["1.0.0","1.1', 'is JSON that ends in the middle'],
  ['a cut after an escape', '{"a":"b\\"', 'is JSON that ends in the middle'],
  ['a cut between members', '{"a":[1,2],', 'is JSON that ends in the middle'],
  ['a mistake', '{"a":nul}', 'is not valid JSON'],
  ['two documents', '{"a":1}{"b":2}', 'is not valid JSON'],
  ['a tower of brackets', `{"a":${'['.repeat(100_000)}`, 'is nested too deeply'],
] as const)
  test(`${name} is named in the error`, (t) => {
    t.is(t.throws(() => parse(text), { instanceOf: UnreadableDocumentError }).message, message);
  });

test('brackets and escaped quotes inside strings do not count as nesting', (t) => {
  const value = { a: `${'['.repeat(500)}\\"`, b: '\\' };
  t.deepEqual(parse(JSON.stringify(value)), value);
});
