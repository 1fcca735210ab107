import { createHash } from 'node:crypto';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { eventually } from '../support/eventually.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';

interface Claim {
  readonly allRepositorySigned: boolean;
  readonly signingCertificates: readonly {
    readonly fingerprints: Readonly<Record<string, string>>;
    readonly contentUrl: string;
    readonly subject: string;
  }[];
}

const publicUrl = 'https://nuget.corp.example/';
const sha256 = '2.16.840.1.101.3.4.2.1';
const levels = ['4.7.0', '4.9.0', '5.0.0'];
const claimPath = (level: string) => `v3/repository-signatures/${level}/index.json`;
const fingerprintOf = (certificate: Buffer) => createHash('sha256').update(certificate).digest('hex');
const certificate = (name: string) => Buffer.from(`the certificate of ${name}`);

async function scripted(t: ExecutionContext): Promise<ScriptedSource> {
  const source = await startScriptedSource({ packages: [{ id: 'A', version: '1.0.0' }] });
  t.teardown(() => source.close());
  return source;
}

/** Lets a source claim signatures by certificates of these names. */
function claimSignatures(source: ScriptedSource, names: readonly string[], allRepositorySigned: boolean): void {
  const path = 'v3-index/repository-signatures/5.0.0/index.json';
  source.offer('RepositorySignatures/5.0.0', path);
  for (const name of names) source.publish(`certificates/${name}.crt`, certificate(name));
  source.publish(path, {
    allRepositorySigned,
    signingCertificates: names.map((name) => ({
      fingerprints: { [sha256]: fingerprintOf(certificate(name)).toUpperCase() },
      subject: `CN=${name}`,
      issuer: 'CN=Issuer',
      notBefore: '2020-01-01T00:00:00.0000000Z',
      notAfter: '2030-01-01T00:00:00.0000000Z',
      contentUrl: `${source.origin}/certificates/${name}.crt`,
    })),
  });
}

async function offered(larder: LarderUnderTest): Promise<string[]> {
  const { resources } = (await larder.get('v3/index.json')).json<{
    resources: { '@id': string; '@type': string }[];
  }>();
  return resources
    .filter((resource) => resource['@type'].startsWith('RepositorySignatures'))
    .map((resource) => `${resource['@type']} ${resource['@id']}`);
}

/** What a source offers is waited for only briefly. */
const eventuallyOffered = (larder: LarderUnderTest) =>
  eventually(
    () => offered(larder),
    (now) => now.join(' ') === allLevels.join(' '),
  );

const allLevels = levels.map((level) => `RepositorySignatures/${level} ${publicUrl}${claimPath(level)}`);

test('trap 27: a feed claims that all is signed only when every source does; old levels never do', async (t) => {
  const [one, two] = [await scripted(t), await scripted(t)];
  claimSignatures(one, ['first', 'shared'], true);
  claimSignatures(two, ['shared', 'second'], true);
  const config = { publicUrl };
  const claimOf = async (sources: Record<string, ScriptedSource>) => {
    const larder = await startLarder(t, { sources, config });
    await eventuallyOffered(larder);
    const claims = await Promise.all(levels.map(async (level) => (await larder.get(claimPath(level))).json<Claim>()));
    for (const { signingCertificates } of claims)
      t.deepEqual(signingCertificates, claims[0]?.signingCertificates, 'the certificates are the same at each level');
    return {
      all: claims.map(({ allRepositorySigned }) => allRepositorySigned),
      subjects: claims[0]?.signingCertificates.map(({ subject }) => subject),
    };
  };
  t.deepEqual(await claimOf({ one }), { all: [false, false, true], subjects: ['CN=first', 'CN=shared'] });
  t.deepEqual(await claimOf({ one, two }), {
    all: [false, false, true],
    subjects: ['CN=first', 'CN=shared', 'CN=second'],
  });
  claimSignatures(two, ['second'], false);
  t.deepEqual(await claimOf({ one, two }), {
    all: [false, false, false],
    subjects: ['CN=first', 'CN=shared', 'CN=second'],
  });
});

test('trap 27: with one source that claims nothing the feed claims nothing, whatever a client remembers', async (t) => {
  const [one, two] = [await scripted(t), await scripted(t)];
  claimSignatures(one, ['first'], true);
  const larder = await startLarder(t, { sources: { one, two }, config: { publicUrl } });
  for (const level of levels)
    t.deepEqual((await larder.get(claimPath(level))).json(), { allRepositorySigned: false, signingCertificates: [] });
  t.deepEqual(await offered(larder), [], 'now that both have spoken');
});

test('over plain http nothing is offered: clients would take the feed for broken', async (t) => {
  const source = await scripted(t);
  claimSignatures(source, ['first'], true);
  const larder = await startLarder(t, { sources: { source } });
  t.is((await larder.get(claimPath('5.0.0'))).status, 200, 'it is at hand');
  t.deepEqual(await offered(larder), []);
});

test('a certificate is served by us, when it is the one', async (t) => {
  const source = await scripted(t);
  claimSignatures(source, ['good', 'other'], true);
  source.publish('certificates/other.crt', Buffer.from('another certificate'));
  const larder = await startLarder(t, { sources: { source }, config: { publicUrl } });
  const { signingCertificates } = (await larder.get(claimPath('5.0.0'))).json<Claim>();
  const [good, other] = signingCertificates.map(({ contentUrl }) => contentUrl);
  t.true(good?.startsWith(publicUrl) && good.endsWith(`${fingerprintOf(certificate('good'))}.crt`), good);
  const reply = await larder.get(good?.slice(publicUrl.length) ?? '');
  t.deepEqual(reply.body, certificate('good'));
  t.is(reply.headers['x-larder-source'], 'source');
  t.is((await larder.get(other?.slice(publicUrl.length) ?? '')).status, 404);
  t.is((await larder.get('v3/repository-signatures/certificates/..%2f..%2fx.crt')).status, 404);
});

test('a claim that cannot be had is not offered; one that is kept is served on while the source is away', async (t) => {
  const source = await scripted(t);
  claimSignatures(source, ['first'], true);
  source.fault('repository-signatures', { status: 500 });
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { source }, config: { publicUrl }, clock });
  t.deepEqual(await offered(larder), []);
  t.true((await larder.get(claimPath('5.0.0'))).status >= 500, 'and a failure is not an empty claim');
  source.clearFaults();
  await eventuallyOffered(larder);
  await source.close();
  clock.advance(3_600_000);
  t.deepEqual(await offered(larder), allLevels);
  const reply = await larder.get(claimPath('5.0.0'));
  t.is(reply.headers['x-cache'], 'STALE');
  t.true(reply.json<Claim>().allRepositorySigned);
});

for (const [what, document] of [
  ['no claim', { signingCertificates: [] }],
  ['no list', { allRepositorySigned: true }],
  ['no object', ['x']],
] as const)
  test(`what is no such document is refused: ${what}`, async (t) => {
    const source = await scripted(t);
    claimSignatures(source, [], true);
    source.publish('v3-index/repository-signatures/5.0.0/index.json', document);
    const larder = await startLarder(t, { sources: { source }, config: { publicUrl } });
    t.deepEqual(await offered(larder), []);
    t.is((await larder.get(claimPath('5.0.0'))).status, 502);
  });
