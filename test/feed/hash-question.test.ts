import test from 'ava';

import { found, missing } from '../../src/feed/answer.js';
import { deferred } from '../../src/feed/deferred.js';
import { HashQuestion } from '../../src/feed/hash-question.js';
import type { HashQuestionOptions } from '../../src/feed/hash-question.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { SteppedClock } from '../support/stepped-clock.js';

const published = found({ sha512: 'as-published' });

function start(
  publishedHash: HashQuestionOptions['publishedHash'],
  options: Pick<HashQuestionOptions, 'isDoubted'> = {},
) {
  const clock = new SteppedClock();
  const counted = { asked: 0 };
  const question = new HashQuestion({
    ...{ source: { name: 'origin' }, identity: PackageIdentity.parse('Acme.Core', '1.0.0'), clock, ...options },
    publishedHash: () => {
      counted.asked++;
      return publishedHash();
    },
  });
  return { clock, counted, question };
}

test('the hash is asked when it is wanted, and once', async (t) => {
  const { counted, question } = start(async () => published);
  t.is(question.asked, undefined);
  t.is(await question.soon(false), undefined, 'nobody asked, so nothing is waited for');
  t.is(counted.asked, 0);
  t.is(await question.ask(), published);
  t.is(await question.ask(), published);
  t.is(await question.asked, published);
  t.is(await question.soon(false), published);
  t.is(counted.asked, 1);
});

test('the hash is asked behind what is asked in the same turn', async (t) => {
  const order: string[] = [];
  const { question } = start(async () => {
    order.push('hash');
    return published;
  });
  const asked = question.askNext();
  t.is(question.asked, asked, 'from now on it is waited for');
  await Promise.resolve().then(() => order.push('package'));
  t.is(await asked, published);
  t.is(await question.ask(), published);
  t.deepEqual(order, ['package', 'hash']);
});

test('an answer that does not come within a moment is not waited for', async (t) => {
  const { clock, question } = start(() => new Promise(() => undefined));
  void question.ask();
  const soon = question.soon(false);
  await clock.pass(50);
  t.is(await soon, undefined);
});

test('of bytes that were bound before, the hash is asked in any case, and waited for', async (t) => {
  const slow = deferred<typeof missing>();
  const { clock, counted, question } = start(() => slow.promise);
  const soon = question.soon(true);
  t.is(counted.asked, 1);
  await clock.pass(10_000);
  slow.resolve(missing);
  t.is(await soon, missing);
});

test('of a package that is doubted, the hash is waited for', async (t) => {
  const slow = deferred<typeof published>();
  const { clock, question } = start(() => slow.promise, { isDoubted: true });
  void question.ask();
  const soon = question.soon(false);
  await clock.pass(10_000);
  slow.resolve(published);
  t.is(await soon, published);
});

test('a question that breaks is a failure of its source, and no absence', async (t) => {
  const { question } = start(() => Promise.reject(new Error('broken')));
  const answer = await question.ask();
  t.like(answer, { kind: 'failed', reason: { code: 'source-failed', source: 'origin' } });
});
