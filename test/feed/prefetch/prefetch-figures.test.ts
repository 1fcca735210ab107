import test from 'ava';

import { PrefetchFigures } from '../../../src/feed/prefetch/prefetch-figures.js';
import { ManualClock } from '../../support/larder.js';

const tenMinutesMs = 600_000;

test('what is asked for before or while it comes is useful, what comes to nothing is neither', (t) => {
  const figures = new PrefetchFigures(new ManualClock());
  for (const key of ['early', 'late', 'never there']) figures.begun(key);
  t.deepEqual(figures.counts, { useful: 0, wasted: 0, pending: 3 });
  figures.asked('early');
  figures.asked('foreign');
  figures.ended('early', true);
  figures.ended('late', true);
  figures.asked('never there');
  figures.ended('never there', false);
  t.deepEqual(figures.counts, { useful: 1, wasted: 0, pending: 0 });
  figures.asked('late');
  figures.asked('late');
  t.deepEqual(figures.counts, { useful: 2, wasted: 0, pending: 0 });
});

test('what nobody asks for within ten minutes is wasted, until somebody does', (t) => {
  const clock = new ManualClock();
  const figures = new PrefetchFigures(clock);
  figures.begun('a');
  figures.ended('a', true);
  clock.advance(tenMinutesMs - 1);
  figures.begun('b');
  figures.ended('b', true);
  t.deepEqual(figures.counts, { useful: 0, wasted: 0, pending: 0 });
  clock.advance(1);
  t.deepEqual(figures.counts, { useful: 0, wasted: 1, pending: 0 });
  figures.asked('a');
  t.deepEqual(figures.counts, { useful: 1, wasted: 0, pending: 0 });
  clock.advance(tenMinutesMs);
  t.deepEqual(figures.counts, { useful: 1, wasted: 1, pending: 0 });
});
