import test from 'ava';
import type { ExecutionContext } from 'ava';

import { explanationSchema, packagesSchema } from '../../src/http/api/schemas.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { askApi } from '../http/api-answer.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderOptions, LarderUnderTest, Reply } from '../support/larder.js';
import { eventually } from '../support/eventually.js';
import { makeNupkg, sha512Of } from '../support/nupkg.js';
import { RunningClock } from '../support/running-clock.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { signatureText, makeSignature, signPackage, withSignature } from '../support/signed-package.js';

const nupkg = 'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg';
const plain = makeNupkg({ id: 'Alpha', version: '1.0.0', fillerBytes: 2_000 });
const other = makeNupkg({ id: 'Alpha', version: '1.0.0', fillerBytes: 3_000 });

interface World {
  readonly source: ScriptedSource;
  readonly larder: LarderUnderTest;
}

async function start(
  t: ExecutionContext,
  bytes: Buffer,
  like: 'nuget.org' | 'odd',
  more: Partial<LarderOptions> = {},
): Promise<World> {
  const source = await startScriptedSource({ like, packages: [{ id: 'Alpha', version: '1.0.0', bytes }] });
  t.teardown(() => source.close());
  return { source, larder: await startLarder(t, { sources: { origin: source }, ...more }) };
}

/** The answer, or the error of a connection that broke off: small packages are waited for, but only so long. */
const outcome = (larder: LarderUnderTest): Promise<Reply | Error> =>
  larder.get(nupkg).catch((error: unknown) => error as Error);

async function assertRejected(t: ExecutionContext, larder: LarderUnderTest, code: string, why: RegExp): Promise<void> {
  const reply = await outcome(larder);
  if (!(reply instanceof Error)) {
    t.is(reply.status, 502);
    t.like(reply.json(), { code, source: 'origin' });
  }
  const told = await askApi(t, larder, 'explain/alpha/1.0.0', explanationSchema);
  t.false(told.cached);
  t.is(told.refusals[0]?.code, code);
  t.regex(told.refusals[0]?.detail ?? '', why);
}

const evidenceOf = async (t: ExecutionContext, larder: LarderUnderTest) =>
  (await askApi(t, larder, 'explain/alpha/1.0.0', explanationSchema)).evidence;

test('what a package was admitted by is kept with it and told', async (t) => {
  const signed = await signPackage(plain);
  for (const [bytes, like, evidence] of [
    [plain, 'nuget.org', ['published-hash']],
    [signed, 'nuget.org', ['published-hash', 'signature-hash']],
    [signed, 'odd', ['signature-hash']],
    [plain, 'odd', ['entry-checksums']],
  ] as const) {
    const { larder } = await start(t, bytes, like);
    t.true((await larder.get(nupkg)).body.equals(bytes));
    t.deepEqual(await evidenceOf(t, larder), [...evidence]);
  }
});

test('a signature over other bytes refuses a package, even with the hash that the source publishes', async (t) => {
  const wrong = withSignature(plain, await makeSignature(signatureText(other)));
  for (const like of ['odd', 'nuget.org'] as const) {
    const { larder } = await start(t, wrong, like);
    await assertRejected(t, larder, 'package-rejected', /its own signature/);
  }
});

test('where the published hash cannot be had the signature stands in for it; without one it is said when to come again', async (t) => {
  const signed = await start(t, await signPackage(plain), 'nuget.org');
  signed.source.fault('registration5', { status: 500 });
  t.is((await signed.larder.get(nupkg)).status, 200);
  t.deepEqual(await evidenceOf(t, signed.larder), ['signature-hash']);

  const unsigned = await start(t, plain, 'nuget.org');
  unsigned.source.fault('registration5', { status: 500 });
  const reply = await unsigned.larder.get(nupkg);
  t.is(reply.status, 502);
  t.is(reply.json()['code'], 'evidence-unavailable');
  t.is(reply.headers['retry-after'], '5');
  t.is(reply.json()['retryAfterSeconds'], 5);
  t.is((await askApi(t, unsigned.larder, 'packages', packagesSchema)).total, 0, 'nothing is kept');
  unsigned.source.clearFaults();
  t.is((await unsigned.larder.get(nupkg)).status, 200);
});

test('a source that is known to claim that it signs all is held to it; one that is not is not', async (t) => {
  const claim = (source: ScriptedSource) => {
    source.offer('RepositorySignatures/5.0.0', 'signatures.json');
    source.publish('signatures.json', { allRepositorySigned: true, signingCertificates: [] });
  };
  const know = (larder: LarderUnderTest) => larder.get('v3/repository-signatures/5.0.0/index.json');
  const unsigned = await start(t, plain, 'nuget.org');
  claim(unsigned.source);
  await know(unsigned.larder);
  await assertRejected(t, unsigned.larder, 'package-rejected', /signed all its packages/);

  const signed = await start(t, await signPackage(plain, { by: 'countersigned' }), 'nuget.org');
  claim(signed.source);
  await know(signed.larder);
  t.is((await signed.larder.get(nupkg)).status, 200);

  const unknown = await start(t, plain, 'nuget.org');
  claim(unknown.source);
  t.is((await unknown.larder.get(nupkg)).status, 200, 'it is not asked for it');
  t.is(unknown.source.count('signatures.json'), 0);
});

test('a source that changes the bytes of a kept version: the first ones are served on, and the conflict is told', async (t) => {
  const clock = new ManualClock();
  const { source, larder } = await start(t, plain, 'nuget.org', { clock });
  t.true((await larder.get(nupkg)).body.equals(plain));
  source.add({ id: 'Alpha', version: '1.0.0', bytes: other });
  clock.advance(3_600_000);
  const told = await askApi(t, larder, 'explain/alpha/1.0.0', explanationSchema);
  t.is(told.sha512, sha512Of(plain));
  t.deepEqual(told.conflicts, [{ version: '1.0.0', source: 'origin', sha512: sha512Of(other) }]);
  const reply = await larder.get(nupkg);
  t.is(reply.headers['x-cache'], 'HIT');
  t.true(reply.body.equals(plain));
});

/** A memory store that remembers what was first supplied, whatever is removed later. */
class PinningStore extends MemoryStore {
  constructor(sha512: string) {
    super();
    this.packages.pinOf = () => Promise.resolve({ source: 'origin', sha512 });
  }
}

test('other bytes than those first supplied are refused when the copy is gone; the same ones come back', async (t) => {
  const changed = await start(t, other, 'nuget.org', { store: new PinningStore(sha512Of(plain)) });
  await assertRejected(t, changed.larder, 'version-conflict', /it supplied first/);
  const same = await start(t, plain, 'nuget.org', { store: new PinningStore(sha512Of(plain)) });
  t.is((await same.larder.get(nupkg)).status, 200);
});

test('trap 11: a package far larger than any limit on documents goes through, and so do 200 requests at once', async (t) => {
  const large = makeNupkg({ id: 'Alpha', version: '1.0.0', fillerBytes: 40_000_000 });
  const { larder } = await start(t, large, 'nuget.org', { config: { limits: { maxDocumentBytes: '1MB' } } });
  const reply = await larder.get(nupkg);
  t.is(reply.status, 200);
  t.true(reply.body.equals(large));
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async () => (await larder.get('v3/flat/alpha/1.0.0/alpha.nuspec')).status),
  );
  t.true(statuses.every((status) => status === 200));
});

test('a signed package waits for no published hash that is late; an unsigned one does', async (t) => {
  const impatient = { patience: { publishedHashMs: 20 } };
  const late = { delayMs: 700 };
  const signed = await start(t, await signPackage(plain), 'nuget.org', impatient);
  signed.source.fault('/catalog0/data', late);
  t.is((await signed.larder.get(nupkg)).status, 200);
  t.deepEqual(await evidenceOf(t, signed.larder), ['signature-hash']);
  const unsigned = await start(t, plain, 'nuget.org', impatient);
  unsigned.source.fault('/catalog0/data', late);
  t.is((await unsigned.larder.get(nupkg)).status, 200);
  t.deepEqual(await evidenceOf(t, unsigned.larder), ['published-hash']);
});

test('where the late hash is another one the package is taken back, binds nobody, and is waited for from then on', async (t) => {
  const { source, larder } = await start(t, await signPackage(plain), 'nuget.org', {
    patience: { publishedHashMs: 20 },
  });
  const asPublished = await signPackage(other);
  const details = { id: 'Alpha', version: '1.0.0', packageHash: sha512Of(asPublished), packageHashAlgorithm: 'SHA512' };
  source.fault('/catalog0/data', { status: 200, body: JSON.stringify(details) });
  source.fault('/registration', { delayMs: 500 });
  t.is((await larder.get(nupkg)).status, 200, 'nothing speaks against it yet');
  const { refusals } = await eventually(
    () => askApi(t, larder, 'explain/alpha/1.0.0', explanationSchema),
    ({ cached }) => !cached,
  );
  t.regex(refusals[0]?.detail ?? '', /not the one that the source publishes/);
  await assertRejected(t, larder, 'package-rejected', /not the one that the source publishes/);
  source.clearFaults();
  source.add({ id: 'Alpha', version: '1.0.0', bytes: asPublished });
  const reply = await larder.get(nupkg);
  t.is(reply.status, 200);
  t.true(reply.body.equals(asPublished));
});

test('once a source is seen to sign, no client waits for hashes that it publishes: they are compared when it is quiet', async (t) => {
  const clock = new RunningClock();
  const ids = ['Alpha', 'Beta'];
  const packages = await Promise.all(
    ids.map(async (id) => ({ id, version: '1.0.0', bytes: await signPackage(makeNupkg({ id, version: '1.0.0' })) })),
  );
  const source = await startScriptedSource({ like: 'nuget.org', packages });
  t.teardown(() => source.close());
  const larder = await startLarder(t, { sources: { origin: source }, clock });
  t.is((await larder.get(nupkg)).status, 200);
  const before = source.count(/registration|catalog0/);
  t.true(before > 0);
  const wrong = { id: 'Beta', version: '1.0.0', packageHash: sha512Of(plain), packageHashAlgorithm: 'SHA512' };
  source.fault('/catalog0/data', { status: 200, body: JSON.stringify(wrong) });
  t.is((await larder.get('v3/flat/beta/1.0.0/beta.1.0.0.nupkg')).status, 200);
  t.is(source.count(/registration|catalog0/), before);
  clock.advance(10_000);
  const { refusals } = await eventually(
    () => askApi(t, larder, 'explain/beta/1.0.0', explanationSchema),
    ({ cached }) => !cached,
  );
  t.regex(refusals[0]?.detail ?? '', /not the one that the source publishes/);
});

test('what was not compared when the server was stopped is compared by the next one', async (t) => {
  const signed = await Promise.all(
    ['Alpha', 'Beta'].map(async (id) => ({
      id,
      version: '1.0.0',
      bytes: await signPackage(makeNupkg({ id, version: '1.0.0' })),
    })),
  );
  const source = await startScriptedSource({ like: 'nuget.org', packages: signed });
  t.teardown(() => source.close());
  const data = await temporaryDirectory(t);
  const [clock, later] = [new RunningClock(), new RunningClock()];
  const open = () => openLevelStore(data, { now: Date.now });
  const first = await startLarder(t, { sources: { origin: source }, clock, store: await open() });
  const wrong = { id: 'Beta', version: '1.0.0', packageHash: sha512Of(plain), packageHashAlgorithm: 'SHA512' };
  t.is((await first.get(nupkg)).status, 200);
  source.fault('/catalog0/data', { status: 200, body: JSON.stringify(wrong) });
  t.is((await first.get('v3/flat/beta/1.0.0/beta.1.0.0.nupkg')).status, 200);
  await first.shutdown();

  const second = await startLarder(t, { sources: { origin: source }, clock: later, store: await open() });
  t.true((await askApi(t, second, 'explain/beta/1.0.0', explanationSchema)).cached);
  // What was left is read in the background: until then no time that passes is a quiet one.
  const { refusals } = await eventually(
    async () => {
      later.advance(10_000);
      return askApi(t, second, 'explain/beta/1.0.0', explanationSchema);
    },
    ({ cached }) => !cached,
  );
  t.regex(refusals[0]?.detail ?? '', /not the one that the source publishes/);
});

test('a source that signs is asked for the hash of a package that is not signed after all', async (t) => {
  const signed = await signPackage(makeNupkg({ id: 'Beta', version: '1.0.0' }));
  const { source, larder } = await start(t, plain, 'nuget.org');
  source.add({ id: 'Beta', version: '1.0.0', bytes: signed });
  t.is((await larder.get('v3/flat/beta/1.0.0/beta.1.0.0.nupkg')).status, 200);
  t.is((await larder.get(nupkg)).status, 200);
  t.deepEqual(await evidenceOf(t, larder), ['published-hash']);
});
