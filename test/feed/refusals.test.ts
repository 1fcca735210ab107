import test from 'ava';

import { failed, found, missing, refused } from '../../src/feed/answer.js';
import { Refusals } from '../../src/feed/refusals.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';

const rejected = refused({ code: 'package-rejected', detail: 'a wrong hash' });

test('the latest refusal of each source is remembered, and a good end wipes it out', (t) => {
  const refusals = new Refusals();
  const identity = PackageIdentity.parse('Alpha', '1.0');
  refusals.note(identity, 'a', rejected, 1);
  refusals.note(identity, 'b', failed({ code: 'source-failed', detail: 'broke off' }), 2);
  refusals.note(identity, 'a', refused({ code: 'too-large', detail: 'too large' }), 3);
  t.deepEqual(refusals.of(PackageIdentity.parse('alpha', '1.0.0')), [
    { version: '1.0.0', source: 'a', code: 'too-large', detail: 'too large', atMs: 3 },
    { version: '1.0.0', source: 'b', code: 'source-failed', detail: 'broke off', atMs: 2 },
  ]);
  refusals.note(identity, 'a', found({}), 4);
  t.deepEqual(
    refusals.of(identity).map(({ source }) => source),
    ['b'],
  );
  refusals.note(identity, 'b', missing, 5);
  t.deepEqual(refusals.of(identity), []);
});

test('those of an id are those of all its versions, the latest first, and of no id that begins like it', (t) => {
  const refusals = new Refusals();
  refusals.note(PackageIdentity.parse('Alpha', '2.0'), 'a', rejected, 1);
  refusals.note(PackageIdentity.parse('Alpha', '1.0'), 'a', rejected, 2);
  refusals.note(PackageIdentity.parse('Alpha.More', '3.0'), 'a', rejected, 3);
  t.deepEqual(
    refusals.ofId(PackageId.parse('ALPHA')).map(({ version }) => version),
    ['1.0.0', '2.0.0'],
  );
});

test('the memory is bounded: the oldest packages are forgotten', (t) => {
  const refusals = new Refusals();
  for (let i = 0; i <= 1000; i++) refusals.note(PackageIdentity.parse(`Id${i}`, '1.0'), 'a', rejected, i);
  t.is(refusals.of(PackageIdentity.parse('Id0', '1.0')).length, 0);
  t.is(refusals.of(PackageIdentity.parse('Id1000', '1.0')).length, 1);
});
