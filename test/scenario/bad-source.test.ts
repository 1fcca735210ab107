import { gzipSync } from 'node:zlib';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { zipSync } from 'fflate';

import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest, Reply } from '../support/larder.js';
import { makeNupkg } from '../support/nupkg.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { Fault, ScriptedSource } from '../support/scripted-source.js';

const path = 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg';
const other = 'v3/flat/beta/1.0.0/beta.1.0.0.nupkg';
/** Small ones are waited for, so that a bad one is told in words; of large ones bytes are out before it is known. */
const sizes = { small: 2_000, large: 900_000 } as const;

type Like = 'nuget.org' | 'odd';

async function start(t: ExecutionContext, fillerBytes: number, like: Like = 'nuget.org', limits?: object) {
  const source = await startScriptedSource({
    like,
    packages: [
      { id: 'Alpha', version: '1.0.0', fillerBytes },
      { id: 'Beta', version: '1.0.0' },
    ],
  });
  t.teardown(() => source.close());
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { origin: source }, clock, ...(limits && { config: { limits } }) });
  return { source, larder, clock };
}

/** The answer, or the error of a connection that broke. */
async function outcome(larder: LarderUnderTest, at = path): Promise<Reply | Error> {
  return larder.get(at).catch((error: unknown) => error as Error);
}

function assertNotGiven(t: ExecutionContext, got: Reply | Error, codes: readonly string[]): void {
  if (got instanceof Error) {
    t.regex(got.message, /terminated|other side closed|socket|aborted|ECONNRESET/i);
    return;
  }
  t.true(got.status >= 500, `${got.status} with ${got.body.length} bytes`);
  t.is(got.headers['content-type'], 'application/problem+json');
  const problem = got.json<{ code: string; source: string; detail: string }>();
  t.true(codes.includes(problem.code), got.text());
  t.is(problem.source, 'origin', got.text());
}

async function assertHeals(t: ExecutionContext, source: ScriptedSource, larder: LarderUnderTest): Promise<void> {
  t.is((await larder.get(other)).status, 200, 'other ids are not touched');
  source.clearFaults();
  const again = await larder.get(path);
  t.is(again.status, 200);
  t.is(again.headers['x-cache'], 'MISS', 'nothing was kept');
  t.true(again.body.equals(source.package('Alpha', '1.0.0').bytes));
  t.is((await larder.get(path)).headers['x-cache'], 'HIT');
}

const faultsOfPackages: readonly (readonly [string, (bytes: Buffer) => Fault, codes: readonly string[]])[] = [
  ['cut off, closed in good order', () => 'truncate', ['source-unreachable', 'source-failed']],
  ['half, announced as the whole', () => 'half', ['package-rejected']],
  ['reset in the middle', () => 'reset mid-body', ['source-unreachable', 'source-failed']],
  ['silent in the middle', () => 'hang mid-body', ['source-timeout']],
  ['another package', () => 'wrong package', ['package-rejected']],
  ['an HTML page', () => 'html', ['source-refused', 'package-rejected']],
  [
    'an HTML page called a package',
    () => ({ status: 200, headers: { 'content-type': 'application/octet-stream' }, body: '<html>Sign in</html>' }),
    ['package-rejected'],
  ],
  ['nothing at all', () => ({ status: 200, body: '' }), ['package-rejected']],
  ['nonsense', () => 'garbage', ['package-rejected']],
  [
    'a zip without a nuspec',
    () => ({ status: 200, body: Buffer.from(zipSync({ 'lib/a.txt': Buffer.from('text') })) }),
    ['package-rejected'],
  ],
  [
    'another version of the same id',
    () => ({ status: 200, body: makeNupkg({ id: 'Alpha', version: '1.0.1' }) }),
    ['package-rejected'],
  ],
  ['one byte flipped', (bytes) => ({ status: 200, body: flipped(bytes) }), ['package-rejected']],
  [
    'longer than its announced length',
    (bytes) => ({ status: 200, body: bytes, headers: { 'content-length': String(bytes.length - 9) } }),
    ['package-rejected', 'source-unreachable', 'source-failed', 'source-refused'],
  ],
  [
    'shorter than its announced length',
    (bytes) => ({ status: 200, body: bytes, headers: { 'content-length': String(bytes.length + 9) } }),
    ['package-rejected', 'source-unreachable', 'source-failed', 'source-timeout'],
  ],
  [
    'bytes after its end',
    (bytes) => ({ status: 200, body: Buffer.concat([bytes, Buffer.alloc(4096, 'x')]) }),
    ['package-rejected'],
  ],
];

/** In the middle of the filler: no structure of the zip is touched. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(copy.length / 2);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

for (const like of ['nuget.org', 'odd'] as const)
  for (const [size, fillerBytes] of Object.entries(sizes))
    for (const [what, fault, codes] of faultsOfPackages)
      test(`trap 14: a ${size} package of a source like ${like} that comes as ${what} is not given and not kept`, async (t) => {
        const { source, larder } = await start(t, fillerBytes, like);
        source.fault('/alpha.1.0.0.nupkg', fault(source.package('Alpha', '1.0.0').bytes));
        assertNotGiven(t, await outcome(larder), codes);
        assertNotGiven(t, await outcome(larder, 'v3/flat/alpha/1.0.0/alpha.nuspec'), codes);
        await assertHeals(t, source, larder);
      });

test('trap 13: all who joined a download that fails are told so, and none is given what was rejected', async (t) => {
  const { source, larder } = await start(t, 900_000);
  source.fault(
    '/alpha.1.0.0.nupkg',
    { status: 200, body: flipped(source.package('Alpha', '1.0.0').bytes) },
    { times: 1 },
  );
  source.fault('/catalog0/data', { delayMs: 300 });
  const all = await Promise.all(Array.from({ length: 12 }, () => outcome(larder)));
  for (const one of all) assertNotGiven(t, one, ['package-rejected']);
  t.is(source.count('/alpha.1.0.0.nupkg'), 1);
  await assertHeals(t, source, larder);
});

test('a package that comes gzipped unasked is unpacked: what is given is what the source publishes', async (t) => {
  const { source, larder } = await start(t, 50_000);
  const { bytes } = source.package('Alpha', '1.0.0');
  source.fault('/alpha.1.0.0.nupkg', {
    status: 200,
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(bytes),
  });
  const reply = await larder.get(path);
  t.is(reply.status, 200);
  t.is(reply.headers['content-encoding'], undefined);
  t.true(reply.body.equals(bytes));
  t.true((await larder.get(path)).body.equals(bytes));
});

test('a gzipped package that breaks off inside its gzip is not given', async (t) => {
  const { source, larder } = await start(t, 900_000);
  const gzipped = gzipSync(source.package('Alpha', '1.0.0').bytes);
  source.fault('/alpha.1.0.0.nupkg', {
    status: 200,
    headers: { 'content-encoding': 'gzip' },
    body: gzipped.subarray(0, gzipped.length / 2),
  });
  assertNotGiven(t, await outcome(larder), [
    'source-refused',
    'source-failed',
    'package-rejected',
    'source-unreachable',
  ]);
  await assertHeals(t, source, larder);
});

for (const announced of [true, false])
  test(`documents that come gzipped unasked ${announced ? 'and say so' : 'and do not say so'} are read`, async (t) => {
    const { source, larder } = await start(t, 100, 'odd');
    const headers = { 'content-type': 'application/json', ...(announced && { 'content-encoding': 'gzip' }) };
    const at = `${source.origin}/v3/registration5-gz-semver2/alpha`;
    const leaf = {
      '@id': `${at}/1.0.0.json`,
      catalogEntry: { '@id': `${at}/entry.json`, id: 'Alpha', version: '1.0.0', listed: true },
      packageContent: `${source.origin}/v3-flatcontainer/alpha/1.0.0/alpha.1.0.0.nupkg`,
    };
    const registration = {
      '@id': `${at}/index.json`,
      count: 1,
      items: [{ '@id': `${at}/index.json#page`, count: 1, lower: '1.0.0', upper: '1.0.0', items: [leaf] }],
    };
    const gz = (document: object) => ({ status: 200, headers, body: gzipSync(JSON.stringify(document)) });
    source.fault('v3-flatcontainer/alpha/index.json', gz({ versions: ['1.0.0'] }));
    source.fault('semver2/alpha/index.json', gz(registration));
    t.deepEqual((await larder.get('v3/flat/alpha/index.json')).json(), { versions: ['1.0.0'] });
    const index = await larder.get('v3/registration-semver2/alpha/index.json');
    t.is(index.status, 200);
    t.false(index.text().includes(source.origin), 'read, not passed through');
  });

for (const announced of [true, false])
  test(`a package over limits.maxPackageBytes ${announced ? '' : 'of unannounced length '}is not taken`, async (t) => {
    const { source, larder } = await start(t, 900_000, 'nuget.org', { maxPackageBytes: '500kB' });
    if (!announced) source.fault('/alpha.1.0.0.nupkg', 'endless');
    assertNotGiven(t, await outcome(larder), ['too-large']);
    t.is((await larder.get(other)).status, 200);
    t.not((await larder.get('health/ready')).status, 500);
    assertNotGiven(t, await outcome(larder), ['too-large']);
  });

test('a registration over limits.maxDocumentBytes is not taken, and does not touch packages or other ids', async (t) => {
  const { source, larder } = await start(t, 1000, 'nuget.org', { maxDocumentBytes: '1MB' });
  source.add({ id: 'Alpha', version: '2.0.0', entryExtras: { summary: 'x'.repeat(1_100_000) } });
  const reply = await larder.get('v3/registration-semver2/alpha/index.json');
  assertNotGiven(t, reply, ['too-large']);
  t.is(reply.status, 502);
  t.is((await larder.get('v3/registration-semver2/beta/index.json')).status, 200);
  t.is((await larder.get(other)).status, 200);
  t.deepEqual((await larder.get('v3/flat/alpha/index.json')).json(), { versions: ['1.0.0', '2.0.0'] });
});

for (const [what, asked, at] of [
  ['service index', 'v3/index.json', 'v3/flat/alpha/index.json'],
  ['list', 'v3-flatcontainer/alpha/index.json', 'v3/flat/alpha/index.json'],
  ['search', 'query', 'v3/search?q=alpha'],
] as const)
  test(`no document is unpacked beyond limits.maxDocumentBytes, however small it comes: ${what}`, async (t) => {
    const { source, larder } = await start(t, 1000, 'nuget.org', { maxDocumentBytes: '1MB' });
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    // Blanks: whatever reads JSON would read on and on.
    source.fault(asked, { status: 200, headers, body: gzipSync(Buffer.alloc(3_000_000, ' ')) });
    const reply = await larder.get(at);
    assertNotGiven(t, reply, ['too-large']);
  });

test('an endless document is not read to an end it does not have', async (t) => {
  const { source, larder } = await start(t, 1000, 'nuget.org', { maxDocumentBytes: '1MB' });
  source.fault('registration5-gz-semver2/alpha', 'endless');
  assertNotGiven(t, await larder.get('v3/registration-semver2/alpha/index.json'), [
    'too-large',
    'source-refused',
    'source-failed',
  ]);
});

const tenThousand = Array.from({ length: 10_001 }, (_, patch) => `1.0.${patch}`);

test('a list of 10,001 versions is served whole', async (t) => {
  const { source, larder } = await start(t, 1000);
  source.replace('v3-flatcontainer/alpha/index.json', { versions: tenThousand });
  t.deepEqual((await larder.get('v3/flat/alpha/index.json')).json(), { versions: tenThousand });
});

test('a list over limits.maxVersionsPerId is refused whole, never cut', async (t) => {
  const { source, larder } = await start(t, 1000, 'nuget.org', { maxVersionsPerId: 5000 });
  source.replace('v3-flatcontainer/alpha/index.json', { versions: tenThousand });
  const reply = await larder.get('v3/flat/alpha/index.json');
  t.is(reply.status, 502);
  assertNotGiven(t, reply, ['too-large']);
  t.is((await larder.get('v3/flat/beta/index.json')).status, 200);
});

test('versions that NuGet cannot read are dropped from the list, the rest is served', async (t) => {
  const { source, larder } = await start(t, 1000);
  source.replace('v3-flatcontainer/alpha/index.json', { versions: ['1.0.0', 'latest', '1..2', '', null, 7, '1.1.0'] });
  t.deepEqual((await larder.get('v3/flat/alpha/index.json')).json(), { versions: ['1.0.0', '1.1.0'] });
});

test('a leaf whose version NuGet cannot read is dropped, the rest of the registration is served', async (t) => {
  const { source, larder } = await start(t, 1000);
  source.add({ id: 'Alpha', version: '2.0.0', entryExtras: { version: 'not.a.version' } });
  const index = await larder.get('v3/registration-semver2/alpha/index.json');
  const { items } = index.json<{ items: { count: number; lower: string; upper: string; items: unknown[] }[] }>();
  t.is(items.length, 1);
  t.like(items[0], { count: 1, lower: '1.0.0', upper: '1.0.0' });
  t.is(items[0]?.items.length, 1);
});

for (const [what, document] of [
  ['without versions', {}],
  ['that is an error in disguise', { error: 'Too many requests', code: 429 }],
  ['whose versions are no list', { versions: 'none' }],
  ['of nothing that NuGet can read', { versions: ['latest', 'nightly'] }],
] as const)
  test(`a version list ${what} is an answer that cannot be used, not an absence or an empty list`, async (t) => {
    const { source, larder, clock } = await start(t, 1000);
    t.is((await larder.get('v3/flat/alpha/index.json')).status, 200);
    source.replace('v3-flatcontainer/alpha/index.json', document);
    source.replace('v3-flatcontainer/beta/index.json', document);
    assertNotGiven(t, await larder.get('v3/flat/beta/index.json'), ['source-refused']);
    clock.advance(61_000);
    const stale = await larder.get('v3/flat/alpha/index.json');
    t.is(stale.headers['x-cache'], 'STALE');
    t.deepEqual(stale.json(), { versions: ['1.0.0'] });
  });

for (const [what, document] of [
  ['without pages', { count: 1 }],
  ['that is an error in disguise', { error: 'Too many requests', code: 429 }],
  ['whose pages are no list', { items: 'none' }],
] as const)
  test(`a registration ${what} is an answer that cannot be used, not an absence`, async (t) => {
    const { source, larder } = await start(t, 1000);
    source.replace('v3/registration5-gz-semver2/alpha/index.json', document);
    assertNotGiven(t, await larder.get('v3/registration-semver2/alpha/index.json'), ['source-refused']);
  });

test('a registration of another package is refused', async (t) => {
  const { source, larder } = await start(t, 1000);
  source.add({ id: 'Alpha', version: '1.0.0', entryExtras: { id: 'Gamma' } });
  assertNotGiven(t, await larder.get('v3/registration-semver2/alpha/index.json'), ['source-refused']);
});
