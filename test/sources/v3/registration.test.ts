import test from 'ava';
import { PackageId } from '../../../src/nuget/package-id.js';
import { openScripted, shortTimeouts, told, valueOf } from '../open-source.js';

const id = PackageId.parse('Alpha');
const hive = 'v3/registration5-gz-semver2/alpha';
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: 'Alpha', version: `1.${i}.0`, dependencies: { Beta: '[1.0.0, )' } }));
const leaf = (version: string, more: object = {}) => ({ catalogEntry: { id: 'Alpha', version, ...more } });

test('127 versions stand in the index: one request', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(127) });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 127);
  t.is(server.count('registration'), 1);
});

test('trap 2: 128 versions stand on pages of their own, and all are read in order', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(200) });
  const { value, validators } = valueOf(await source.registration(id, {}));
  t.deepEqual(
    value.leaves.map(({ version }) => version.normalized),
    many(200).map(({ version }) => version),
  );
  t.is(server.count('/page/'), 4);
  t.is((await source.registration(id, { validators })).kind, 'unchanged');
});

test('facts of a leaf are kept, the addresses of the source are not', async (t) => {
  const { server, source } = await openScripted(t, {
    packages: [
      { id: 'Alpha', version: '1.0.0', listed: false },
      { id: 'Alpha', version: '2.0.0', dependencies: { Beta: '[1.0.0-a.b, )' } },
    ],
    traits: { hashInRegistration: true },
  });
  const { leaves } = valueOf(await source.registration(id, {})).value;
  t.deepEqual(
    leaves.map(({ listed, semVer2, sha512 }) => ({ listed, semVer2, sha512 })),
    [
      { listed: false, semVer2: false, sha512: server.package('Alpha', '1.0.0').sha512 },
      { listed: true, semVer2: true, sha512: server.package('Alpha', '2.0.0').sha512 },
    ],
  );
  for (const { template } of leaves) t.false(template.toString().includes('127.0.0.1'), template.toString());
});

test('trap 5: hives answered in gzip, whatever was asked, are read', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(2) });
  valueOf(await source.registration(id, {}));
  t.regex(server.requests.at(-1)?.path ?? '', /-gz-semver2/);
});

test('an odd source with sparse entries and no gzip is read as well', async (t) => {
  const { source } = await openScripted(t, { like: 'odd', packages: many(300) });
  const { value, validators } = valueOf(await source.registration(id, {}));
  t.is(value.leaves.length, 300);
  t.deepEqual(validators, {});
});

test('descending, doubled and unreadable leaves make one ascending list', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  const items = [leaf('2.0.0'), leaf('1.0'), leaf('1.0.0', { listed: false }), leaf('x'), leaf('3.0.0'), 7, {}];
  server.replace(`${hive}/index.json`, { items: [{ lower: '1.0.0', upper: '3.0.0', items }] });
  const { leaves, unparsable } = valueOf(await source.registration(id, {})).value;
  t.deepEqual(
    leaves.map(({ version, listed }) => [version.normalized, listed]),
    [
      ['1.0.0', true],
      ['2.0.0', true],
      ['3.0.0', true],
    ],
  );
  t.deepEqual(unparsable, ['x']);
});

test('versions that are no text are told, not thrown', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  const entry = { id: 'Alpha', version: { toString: 1, valueOf: 1 } };
  server.replace(`${hive}/index.json`, { items: [{ items: [leaf('1.0.0'), { catalogEntry: entry }] }] });
  t.deepEqual(valueOf(await source.registration(id, {})).value.unparsable, ['{"toString":1,"valueOf":1}']);
});

for (const [name, document] of [
  ['no pages', { items: [] }],
  ['an empty page', { items: [{ items: [] }] }],
  ['null for its items', { items: null }],
] as const)
  test(`an index with ${name} says that there is no such package`, async (t) => {
    const { server, source } = await openScripted(t, { packages: many(1) });
    server.replace(`${hive}/index.json`, document);
    t.is((await source.registration(id, {})).kind, 'missing');
  });

test('leaves of another package only are refused', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  server.replace(`${hive}/index.json`, { items: [{ items: [{ catalogEntry: { id: 'Other', version: '1.0.0' } }] }] });
  t.is(told(await source.registration(id, {})), 'refused source-refused: its registration is of another package');
});

test('pages are asked at the address that stands there: relative, with a fragment, behind a redirect, once each', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  const items = ['a.json', '/elsewhere/b.json', 'a.json#again'].map((at) => ({ '@id': at }));
  server.replace(`${hive}/index.json`, { items });
  server.replace(`${hive}/a.json`, { items: [leaf('1.0.0')] });
  server.fault('/elsewhere/b.json', { status: 302, headers: { location: '/store/c.json?sig=1' } });
  server.replace('store/c.json', { items: [leaf('2.0.0')] });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 2);
  t.is(server.count('a.json'), 1);
});

test('a page inlined under the address of its index is not asked for', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  const at = `${server.origin}/${hive}/index.json`;
  server.replace(`${hive}/index.json`, { items: [{ '@id': at, items: [leaf('1.0.0')] }] });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 1);
  t.is(server.count(hive), 1);
});

test('a page that turns out to be an index with leaves is read; one without is refused, without going round', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  server.replace(`${hive}/index.json`, { items: [{ '@id': 'page.json' }] });
  server.replace(`${hive}/page.json`, { items: [{ items: [leaf('1.0.0')] }] });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 1);
  server.replace(`${hive}/page.json`, { items: [{ '@id': 'index.json' }] });
  t.is(
    told(await source.registration(id, {})),
    'refused source-refused: its registration names a page that holds no version',
  );
});

test('an index that is itself a page is read', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(1) });
  server.replace(`${hive}/index.json`, { items: [leaf('1.0.0'), leaf('2.0.0')] });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 2);
});

test('a page that is gone makes the index be read once more', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(130) });
  server.fault('/page/', { status: 404 }, { times: 1 });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 130);
  t.is(server.count(`${hive}/index.json`), 2);
});

test('a page that stays away is refused, not taken for a shorter list', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(130) });
  server.fault(/page\/1\.64/, { status: 404 });
  t.is(
    told(await source.registration(id, {})),
    'refused source-refused: its registration names a page that it does not have',
  );
  t.is(server.count(`${hive}/index.json`), 2);
});

test('a page that fails fails the whole', async (t) => {
  const { server, source } = await openScripted(t, { packages: many(130) });
  server.fault(/page\/1\.64/, { status: 503, headers: { 'retry-after': '9' } });
  const answer = await source.registration(id, {});
  t.is(told(answer), 'failed source-failed: answered 503');
  t.is(answer.kind === 'failed' ? answer.reason.retryAfterMs : undefined, 9_000);
});

test('no more than eight pages are asked for at once', async (t) => {
  const script = { packages: many(40), traits: { pageSize: 2, inlineUpTo: 0 } };
  const { server, source } = await openScripted(t, script, { timeouts: shortTimeouts });
  server.fault('/page/', 'hang');
  t.regex(told(await source.registration(id, {})), /^failed source-timeout/);
  t.is(server.count('/page/'), 8);
});

test('more leaves or bytes than allowed, over all pages, are refused', async (t) => {
  const script = { packages: many(200) };
  const few = await openScripted(t, script, { maxVersionsPerId: 199 });
  t.regex(told(await few.source.registration(id, {})), /^refused too-large/);
  const small = await openScripted(t, script, { maxDocumentBytes: 100_000 });
  t.regex(told(await small.source.registration(id, {})), /^refused too-large: its registration passes/);
});

test('without registrations each listed version makes a leaf', async (t) => {
  const { source } = await openScripted(t, { packages: many(3), traits: { registrationTypes: [] } });
  const { value } = valueOf(await source.registration(PackageId.parse('ALPHA'), {}));
  t.deepEqual(
    value.leaves.map(({ version, listed }) => [version.normalized, listed]),
    [
      ['1.0.0', true],
      ['1.1.0', true],
      ['1.2.0', true],
    ],
  );
  t.is((await source.registration(PackageId.parse('Unknown'), {})).kind, 'missing');
});

test('5,000 versions on pages are read', async (t) => {
  const { source } = await openScripted(t, { packages: many(5_000) });
  t.is(valueOf(await source.registration(id, {})).value.leaves.length, 5_000);
});
