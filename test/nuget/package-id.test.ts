import test from 'ava';

import { InvalidNameError } from '../../src/nuget/invalid-name.js';
import { PackageId } from '../../src/nuget/package-id.js';

test('an id keeps its casing for people and compares without it', (t) => {
  const id = PackageId.parse('Newtonsoft.Json');
  t.is(id.text, 'Newtonsoft.Json');
  t.is(id.key, 'newtonsoft.json');
  t.true(id.equals(PackageId.parse('NEWTONSOFT.json')));
});

test('ids that real packages have are taken', (t) => {
  for (const text of [
    'a',
    'A1_b',
    'xunit.v3',
    'runtime.any.System.IO',
    'log4net',
    'Foo-Bar',
    '_Private',
    '7zip',
    'a'.repeat(128),
  ])
    t.is(PackageId.parse(text).text, text);
});

for (const [name, text] of [
  ['empty', ''],
  ['of 129 characters', 'a'.repeat(129)],
  ['with a path trick', '..'],
  ['with a slash', 'a/b'],
  ['with a backslash', 'a\\b'],
  ['with a NUL', 'a\0b'],
  ['with a line end', 'a\r\nb'],
  ['with a space', 'a b'],
  ['with two dots', 'a..b'],
  ['beginning with a dot', '.a'],
  ['ending with a dot', 'a.'],
  ['with a percent sign', 'a%2fb'],
  ['with a Cyrillic look-alike', 'Newtоnsoft.Json'],
  ['with a dotted capital I', 'İd'],
  ['with a full-width letter', 'ａ'],
] as const)
  test(`an id ${name} is refused with a message fit for a log line and a header`, (t) => {
    const error = t.throws(() => PackageId.parse(text), { instanceOf: InvalidNameError });
    t.is(error.code, 'bad-id');
    t.regex(error.message, /^[\x20-\x7e…]+$/);
    t.true(error.message.length < 300);
  });
