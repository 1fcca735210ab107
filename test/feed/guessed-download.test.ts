import test from 'ava';

import { failed, missing } from '../../src/feed/answer.js';
import { Guess } from '../../src/feed/guess.js';
import { GuessedDownload } from '../../src/feed/guessed-download.js';

const start = () => {
  const guess = new Guess();
  return { guess, guessed: new GuessedDownload({ guess, maxBytes: 1_000 }) };
};

test('what nobody wants is taken in up to a bound, what somebody wants without one', (t) => {
  const { guess, guessed } = start();
  t.deepEqual([guessed.isTooMuch(1_000), guessed.isTooMuch(1_001)], [false, true]);
  guess.want();
  t.false(guessed.isUnwanted);
  t.false(guessed.isTooMuch(1_001));
});

test('one that failed is begun anew by who wants it; that the source has no such package is an answer', (t) => {
  const broken = start().guessed;
  broken.ended(failed({ code: 'source-failed', detail: 'broken' }));
  t.true(broken.hasFailed);
  const absent = start().guessed;
  absent.ended(missing);
  t.false(absent.hasFailed);
});

test('one that is given up has failed at once, and however it ends', (t) => {
  const { guessed } = start();
  guessed.giveUp();
  t.true(guessed.hasFailed);
  guessed.ended(missing);
  t.true(guessed.hasFailed);
});
