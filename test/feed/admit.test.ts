import test from 'ava';

import { bufferSource } from '../../src/codec/byte-source.js';
import { readNuspec } from '../../src/codec/package-nuspec.js';
import { admit } from '../../src/feed/admit.js';
import type { Candidate } from '../../src/feed/admit.js';
import { failed, found, missing } from '../../src/feed/answer.js';
import type { Answer } from '../../src/feed/answer.js';
import type { PublishedHash } from '../../src/feed/source.js';
import type { Evidence } from '../../src/feed/store.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { makeNupkg, sha512Of } from '../support/nupkg.js';
import { makeSignature, signatureText, signPackage, withSignature } from '../support/signed-package.js';

const identity = PackageIdentity.parse('Alpha', '1.0.0');
const plain = makeNupkg({ id: 'Alpha', version: '1.0.0', fillerBytes: 2_000 });
const away = failed({ code: 'source-timeout', source: 'origin', detail: 'said nothing' });
const publishes = (bytes: Buffer): Answer<PublishedHash> => found({ sha512: sha512Of(bytes) });

const admitted = (bytes: Buffer, published: Answer<PublishedHash>, more: Partial<Candidate> = {}) =>
  admit({ ...candidate(bytes), published, publishedLater: () => Promise.resolve(published), ...more });

function candidate(bytes: Buffer) {
  const content = bufferSource(bytes);
  return { identity, source: 'origin', content, nuspec: () => readNuspec(content), sha512: sha512Of(bytes) };
}

/** In the middle of the filler: no structure of the zip is touched. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf('content/filler.bin') + 500;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const reasonOf = (answer: Answer<unknown>) => ('reason' in answer ? answer.reason : undefined);

test('trap 24: each kind of evidence admits by itself, and all that are at hand are told', async (t) => {
  const signed = await signPackage(plain);
  const cases: readonly (readonly [Buffer, Answer<PublishedHash>, readonly Evidence[]])[] = [
    [plain, publishes(plain), ['published-hash']],
    [signed, publishes(signed), ['published-hash', 'signature-hash']],
    [signed, missing, ['signature-hash']],
    [signed, away, ['signature-hash']],
    [plain, missing, ['entry-checksums']],
  ];
  for (const [bytes, published, evidence] of cases) t.deepEqual(await admitted(bytes, published), found(evidence));
});

test('trap 24: each kind of evidence refuses by itself, and it is told which', async (t) => {
  const signed = await signPackage(plain);
  const wrong = flipped(signed);
  const cases: readonly (readonly [string, Promise<Answer<unknown>>, RegExp])[] = [
    ['published hash', admitted(flipped(plain), publishes(plain)), /SHA-512 is not the one/],
    ['published hash, signed', admitted(wrong, publishes(signed)), /SHA-512 is not the one/],
    ['signature, nothing published', admitted(wrong, missing), /its own signature was made over/],
    ['signature, published not to be had', admitted(wrong, away), /its own signature was made over/],
    ['signature, published matches', admitted(wrong, publishes(wrong)), /its own signature was made over/],
    ['checksums', admitted(flipped(plain), missing), /CRC-32/],
    ['announced size', admitted(plain, publishes(plain), { announcedSize: plain.length + 1 }), /were announced/],
    ['identity', admitted(makeNupkg({ id: 'Alpha', version: '1.0.1' }), missing), /nuspec says/],
    ['end record', admitted(plain.subarray(0, -1), missing), /end record|truncated/],
    ['claim, no signature', admitted(plain, publishes(plain), { isClaimedSigned: true }), /no repository signature/],
    [
      'claim, signed by the author alone',
      admitted(await signPackage(plain, { by: 'author' }), missing, { isClaimedSigned: true }),
      /no repository signature/,
    ],
    [
      'claim, unreadable signature',
      admitted(withSignature(plain, Buffer.from('x')), missing, { isClaimedSigned: true }),
      /no repository signature/,
    ],
  ];
  for (const [what, answer, why] of cases) {
    const reason = reasonOf(await answer);
    t.is(reason?.code, 'package-rejected', what);
    t.regex(reason?.detail ?? '', why, what);
  }
});

test('a claim that all is signed is kept by a repository signature and by a countersignature', async (t) => {
  for (const by of ['repository', 'countersigned'] as const)
    t.is((await admitted(await signPackage(plain, { by }), missing, { isClaimedSigned: true })).kind, 'found', by);
});

test('with no evidence at hand nothing is admitted, and it is said when to come again', async (t) => {
  const unreadable = withSignature(plain, Buffer.from('x'));
  for (const bytes of [plain, unreadable]) {
    const answer = await admitted(bytes, away);
    t.is(answer.kind, 'failed');
    t.like(reasonOf(answer), { code: 'evidence-unavailable', source: 'origin', retryAfterMs: 5_000 });
    t.regex(reasonOf(answer)?.detail ?? '', /said nothing/);
  }
  const busy = failed({ code: 'source-failed', detail: 'busy', retryAfterMs: 60_000 });
  t.is(reasonOf(await admitted(plain, busy))?.retryAfterMs, 60_000);
});

test('a signature that cannot be read is no evidence and no mismatch', async (t) => {
  const unreadable = withSignature(plain, await makeSignature('nothing that NuGet signs'));
  t.deepEqual(await admitted(unreadable, publishes(unreadable)), found(['published-hash']));
  t.deepEqual(await admitted(unreadable, missing), found(['entry-checksums']));
  const claimed = await admitted(unreadable, publishes(unreadable), { isClaimedSigned: true });
  t.deepEqual(claimed, found(['published-hash']), 'nor does it break a claim that the published hash upholds');
});

test('of a large package whose published hash matches the signature is not hashed again', async (t) => {
  const large = makeNupkg({ id: 'Alpha', version: '1.0.0', fillerBytes: 9_000_000 });
  const signed = await signPackage(large);
  t.deepEqual(await admitted(signed, publishes(signed)), found(['published-hash']));
  t.deepEqual(await admitted(signed, missing), found(['signature-hash']));
  const other = withSignature(large, await makeSignature(signatureText(plain)));
  t.is(reasonOf(await admitted(other, missing))?.code, 'package-rejected');
});

test('other bytes than those that an id and version was first supplied as are refused, from the same source too', async (t) => {
  const pin = { source: 'origin', sha512: sha512Of(Buffer.from('first')) };
  const same = await admitted(plain, publishes(plain), { pin });
  t.is(reasonOf(same)?.code, 'version-conflict');
  t.regex(reasonOf(same)?.detail ?? '', /it supplied first/);
  const other = await admitted(plain, publishes(plain), { pin: { ...pin, source: 'secret' } });
  t.is(reasonOf(other)?.code, 'version-conflict');
  t.notRegex(reasonOf(other)?.detail ?? '', /secret/);
  t.is((await admitted(plain, missing, { pin: { ...pin, sha512: sha512Of(plain) } })).kind, 'found');
});

test('a signature that holds speaks for a package whose published hash has not come yet; nothing else does', async (t) => {
  const plain = makeNupkg({ id: 'Alpha', version: '1.0.0', fillerBytes: 2_000 });
  const signed = await signPackage(plain);
  const notAsked = () => Promise.reject(new Error('nobody waits for it'));
  t.deepEqual(await admit({ ...candidate(signed), publishedLater: notAsked }), found(['signature-hash']));
  t.is((await admit({ ...candidate(flipped(signed)), publishedLater: notAsked })).kind, 'refused');
  const later = (sha512: string) => () => Promise.resolve(found({ sha512 }));
  t.deepEqual(await admit({ ...candidate(plain), publishedLater: later(sha512Of(plain)) }), found(['published-hash']));
  const other = await admit({ ...candidate(plain), publishedLater: later(sha512Of(signed)) });
  t.regex(reasonOf(other)?.detail ?? '', /not the one that the source publishes/);
});
