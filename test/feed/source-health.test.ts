import test from 'ava';
import { failed, found, missing, refused } from '../../src/feed/answer.js';
import { SourceHealth } from '../../src/feed/source-health.js';
import { ManualClock } from '../support/larder.js';

const unauthorized = { code: 'source-refused', detail: 'answered 401', unauthorized: true } as const;

test('a source is unauthorized from an answer that says so until one that was found', (t) => {
  const health = new SourceHealth(new ManualClock());
  t.false(health.authorization.unauthorized);
  health.observe(refused({ code: 'source-refused', detail: 'answered 400' }));
  t.false(health.authorization.unauthorized);
  health.observe(refused(unauthorized));
  t.is(health.authorization.refusal, unauthorized);
  health.observe(missing);
  health.observe(failed({ code: 'source-failed', detail: 'answered 500' }));
  t.true(health.authorization.unauthorized, 'an absence or a failure proves nothing');
  health.observe({ kind: 'unchanged' });
  t.false(health.authorization.unauthorized);
  health.observe(refused(unauthorized));
  health.observe(found(1));
  t.false(health.authorization.unauthorized);
});

test('a refusal for want of credentials is news once an hour, everything else always', (t) => {
  const clock = new ManualClock();
  const { authorization } = new SourceHealth(clock);
  t.true(authorization.isNews(unauthorized));
  authorization.observe(found(1));
  t.false(authorization.isNews(unauthorized), 'a source may show some things and not others');
  for (let i = 0; i < 2; i++) t.true(authorization.isNews({ code: 'source-failed', detail: 'answered 500' }));
  clock.advance(3_600_000);
  t.true(authorization.isNews(unauthorized));
});

test('only a source that says nothing at all is silent, and only for a while', (t) => {
  const clock = new ManualClock();
  const health = new SourceHealth(clock);
  health.observe(failed({ code: 'source-failed', detail: 'answered 500' }));
  t.is(health.isSilent(), undefined);
  for (const code of ['source-unreachable', 'source-timeout'] as const) {
    health.observe(failed({ code, detail: 'x' }));
    t.is(health.isSilent()?.code, code);
  }
  clock.advance(5_000);
  t.is(health.isSilent(), undefined);
});
