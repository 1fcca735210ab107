import test from 'ava';

import {
  InvalidQueryError,
  parseAutocompleteRequest,
  parseSearchQuery,
  searchQueryKey,
} from '../../src/nuget/search-query.js';
import { parseSearchTerms } from '../../src/nuget/search-terms.js';
import { nameWords } from '../../src/nuget/search-words.js';

const of = (given: Readonly<Record<string, string>>) => (name: string) => given[name];

test('without parameters everything stable is searched, twenty at a time', (t) => {
  t.deepEqual(parseSearchQuery(of({})), {
    query: { text: '', prerelease: false, semVer2: false },
    window: { skip: 0, take: 20 },
  });
});

test('parameters are read as nuget.org reads them', (t) => {
  const given = {
    q: ' a\t b ',
    skip: '3000',
    take: '1001',
    prerelease: 'TRUE',
    semverlevel: '2.0.0',
    packagetype: 'DotnetTool',
  };
  t.deepEqual(parseSearchQuery(of(given)), {
    query: { text: 'a b', prerelease: true, semVer2: true, packageType: 'dotnettool' },
    window: { skip: 3000, take: 1000 },
  });
  for (const [level, semVer2] of [
    ['2.0.0', true],
    ['2', true],
    ['3.0.0', true],
    ['10.0.0', true],
    ['1.0.0', false],
    ['x', false],
    ['2x', false],
    ['', false],
  ] as const)
    t.is(parseSearchQuery(of({ semverlevel: level })).query.semVer2, semVer2, level);
});

test('what has no meaning is refused with words for whoever sent it', (t) => {
  for (const given of [{ skip: '3001' }, { skip: '-1' }, { take: 'x' }, { prerelease: '1' }, { q: 'x'.repeat(1025) }])
    t.throws(() => parseSearchQuery(of(given)), { instanceOf: InvalidQueryError }, JSON.stringify(given));
});

test('a key is the same for spellings that mean the same', (t) => {
  const key = (given: Readonly<Record<string, string>>) => searchQueryKey(parseSearchQuery(of(given)).query);
  t.is(key({ q: 'Json  Parser' }), key({ q: ' json parser ', prerelease: 'false', semverlevel: '1.0.0' }));
  t.not(key({ q: 'json' }), key({ q: 'json', prerelease: 'true' }));
  t.not(key({ q: 'json' }), key({ q: 'json', semverlevel: '2.0.0' }));
  t.not(key({ q: 'json' }), key({ q: 'json', packagetype: 'Template' }));
});

test('completion is of versions only where there is an id and no text', (t) => {
  t.is(parseAutocompleteRequest(of({ id: 'A' })).of, 'versions');
  t.is(parseAutocompleteRequest(of({ id: 'A', q: 'b' })).of, 'ids');
  t.is(parseAutocompleteRequest(of({})).of, 'ids');
  t.throws(() => parseAutocompleteRequest(of({ id: 'a b' })), { name: 'InvalidNameError' });
});

test('scopes, phrases and words are told apart', (t) => {
  const { words, scoped } = parseSearchTerms(
    'Json packageid:"A.B" tags:"high speed" tags:fast owner: c:d "two words" "open',
  );
  t.deepEqual(words, ['json', 'c:d', 'two words', '"open']);
  t.deepEqual(Object.fromEntries(scoped), { packageid: ['a.b'], tags: ['high speed', 'fast'] });
});

test('an id is found by its parts, by capitals and as a whole', (t) => {
  t.deepEqual(nameWords('Newtonsoft.Json'), ['newtonsoftjson', 'newtonsoft', 'json']);
  t.deepEqual(nameWords('EntityFrameworkCore'), ['entityframeworkcore', 'entity', 'framework', 'core']);
  t.deepEqual(nameWords('xUnit'), ['xunit', 'x', 'unit']);
  t.deepEqual(nameWords('AWSSDK.S3HTTPClient'), [
    'awssdks3httpclient',
    'awssdk',
    's3httpclient',
    's3',
    'http',
    'client',
  ]);
});
