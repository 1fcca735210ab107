import test from 'ava';

import { PackageId } from '../../src/nuget/package-id.js';
import { mappingReason, readMapping } from '../../src/policy/source-mapping.js';

const sources = [
  { name: 'internal', packages: ['Corp.*', 'Exact.Id'] },
  { name: 'tools', packages: ['Corp.Tools.*'] },
  { name: 'public', packages: ['*'] },
];

function reasons(id: string, mayName?: (source: string) => boolean, of = sources) {
  return Object.fromEntries(
    readMapping(PackageId.parse(id), of).map((word) => [word.name, [word.eligible, mappingReason(word, mayName)]]),
  );
}

test('the longest pattern decides, and every source is told which one that is', (t) => {
  t.deepEqual(reasons('corp.tools.Cli'), {
    internal: [false, 'its pattern Corp.* matches, but a longer one decides: Corp.Tools.* of tools'],
    tools: [true, 'its pattern Corp.Tools.* matches, and no other source has a longer one'],
    public: [false, 'its pattern * matches, but a longer one decides: Corp.Tools.* of tools'],
  });
});

test('an exact id beats every prefix', (t) => {
  t.deepEqual(reasons('exact.id'), {
    internal: [true, 'its pattern Exact.Id matches, and no other source has a longer one'],
    tools: [false, 'none of its patterns matches; the longest that does is Exact.Id of internal'],
    public: [false, 'its pattern * matches, but a longer one decides: Exact.Id of internal'],
  });
});

test('an id that no pattern matches may be asked of nobody', (t) => {
  t.deepEqual(reasons('Other', undefined, sources.slice(0, 1)), {
    internal: [false, 'none of its patterns matches, nor does that of any other source'],
  });
});

test('sources with the same longest pattern are all eligible', (t) => {
  const twins = [
    { name: 'a', packages: ['*'] },
    { name: 'b', packages: ['Corp.*', '*'] },
  ];
  t.deepEqual(
    readMapping(PackageId.parse('Other'), twins).map(({ eligible }) => eligible),
    [true, true],
  );
});

test('a source that must not be named is not, nor is its pattern', (t) => {
  const told = JSON.stringify(reasons('Corp.Tools.Cli', (source) => source !== 'tools').public);
  t.false(told.includes('tools'));
  t.false(told.includes('Corp.Tools'));
  t.true(told.includes('that of another source'));
});
