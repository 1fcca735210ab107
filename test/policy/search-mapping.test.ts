import test from 'ava';

import { mayBeTold } from '../../src/policy/search-mapping.js';
import type { MappedSource } from '../../src/policy/source-mapping.js';

const mapping: readonly MappedSource[] = [
  { name: 'inner', packages: ['Contoso.*', 'Fabrikam*', 'Microsoft.Internal.*', 'Newtonsoft.Json'] },
  { name: 'web', packages: ['Contoso.Web.*'] },
  { name: 'outer', packages: ['*'] },
];

const told = (text: string) => mapping.map(({ name }) => name).filter((name) => mayBeTold(name, text, mapping));

test('who may be told of a text', (t) => {
  const cases: readonly (readonly [text: string, who: readonly string[]])[] = [
    ['', ['inner', 'web', 'outer']],
    ['json', ['inner', 'web', 'outer']],
    ['contoso', ['inner']],
    ['Contoso.Data', ['inner']],
    ['Contoso.Web.Api', ['web']],
    ['contoso web api', []],
    ['cont', ['inner']],
    ['con', ['inner', 'web', 'outer']],
    ['contosoft', ['inner', 'web', 'outer']],
    ['fabrikam', ['inner']],
    ['fabrikamweb', ['inner']],
    ['microsoft', ['inner', 'web', 'outer']],
    ['microsoft.extensions', ['inner', 'web', 'outer']],
    ['microsoft.int', ['inner', 'web', 'outer']],
    ['microsoft.inte', ['inner']],
    ['microsoft.internal', ['inner']],
    ['microsoft internal tools', ['inner']],
    ['newtonsoft', ['inner', 'web', 'outer']],
    ['Newtonsoft.Json', ['inner']],
    ['packageid:"newtonsoft-json"', ['inner']],
    ['newtonsoft json parser', ['inner']],
    ['newtonsoft.json.bson', ['inner', 'web', 'outer']],
  ];
  for (const [text, who] of cases) t.deepEqual(told(text), who, text);
});

test('without explicit patterns of others everybody is told everything', (t) => {
  const open: readonly MappedSource[] = [
    { name: 'a', packages: ['*'] },
    { name: 'b', packages: ['*'] },
  ];
  for (const name of ['a', 'b']) t.true(mayBeTold(name, 'contoso.web', open));
  t.true(mayBeTold('a', 'a.secret', [{ name: 'a', packages: ['a.*', '*'] }]));
});

test('a text of any length is judged in little time', (t) => {
  const long = Array.from({ length: 400 }, (_, place) => `w${place}`).join(' ');
  t.true(mayBeTold('outer', long, mapping));
  t.false(mayBeTold('outer', `${long} contoso.web`, mapping));
});
