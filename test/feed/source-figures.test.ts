import test from 'ava';

import type { Reason } from '../../src/feed/answer.js';
import { SourceFigures } from '../../src/feed/source-figures.js';
import { ManualClock } from '../support/larder.js';

const reason = (code: Reason['code'], more: Partial<Reason> = {}): Reason => ({
  code,
  detail: `told ${code}`,
  ...more,
});

function figures() {
  const clock = new ManualClock();
  return { clock, figures: new SourceFigures(clock) };
}

test('a source that was never asked is unknown, and has no figures', (t) => {
  t.deepEqual(figures().figures.report({ name: 'a', url: 'http://a/', protocol: 'v3' }), {
    name: 'a',
    url: 'http://a/',
    protocol: 'v3',
    state: 'unknown',
    lastSuccessAt: null,
    lastError: null,
    lastErrorCode: null,
    lastErrorAt: null,
    latencyMs: { p50: null, p95: null },
    requests: 0,
    errors: 0,
  });
});

for (const code of ['source-unreachable', 'source-timeout'] as const)
  test(`${code} makes a source down at once, an answer makes it degraded for a minute, then up`, (t) => {
    const { clock, figures: of } = figures();
    of.answered();
    t.is(of.state, 'up');
    of.answered(reason(code));
    t.is(of.state, 'down');
    clock.advance(3_600_000);
    t.is(of.state, 'down', 'nothing was heard since');
    of.answered();
    t.is(of.state, 'up', 'that failure is long past');
    of.answered(reason(code));
    of.answered();
    t.is(of.state, 'degraded');
    clock.advance(60_000);
    t.is(of.state, 'up');
  });

test('single answers that cannot be used make a source degraded, three in a row make it down', (t) => {
  const { figures: of } = figures();
  of.answered();
  of.answered(reason('source-failed'));
  of.answered(reason('source-refused'));
  t.is(of.state, 'degraded');
  of.answered(reason('source-failed'));
  t.is(of.state, 'down');
});

test('a source that never gave anything usable is down', (t) => {
  const { figures: of } = figures();
  of.answered(reason('source-refused'));
  t.is(of.state, 'down');
});

test('a source that does not accept us is unauthorized until it does', (t) => {
  const { figures: of } = figures();
  of.answered(reason('source-refused', { unauthorized: true }));
  t.is(of.state, 'unauthorized');
  of.answered();
  t.is(of.state, 'degraded');
});

test('times and words of the last success and the last error stay', (t) => {
  const { clock, figures: of } = figures();
  of.answered(reason('source-failed'));
  clock.advance(1000);
  of.answered();
  t.like(of.report({ name: 'a', url: '', protocol: 'v3' }), {
    lastSuccessAt: '2030-01-02T03:04:06.000Z',
    lastError: 'told source-failed',
    lastErrorCode: 'source-failed',
    lastErrorAt: '2030-01-02T03:04:05.000Z',
  });
});

test('a request without an answer counts, and has no latency', (t) => {
  const { figures: of } = figures();
  of.finished({ failed: true });
  of.finished({ failed: false, answeredMs: 12.34 });
  of.finished({ failed: true, answeredMs: 20 });
  t.like(of.report({ name: 'a', url: '', protocol: 'v3' }), {
    requests: 3,
    errors: 2,
    latencyMs: { p50: 12.3, p95: 20 },
  });
});
