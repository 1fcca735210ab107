import test from 'ava';
import { answerOfStatus } from '../../../src/sources/transport/status.js';
import { readRetryAfter } from '../../../src/sources/transport/retry-after.js';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const answer = (status: number, retryAfter?: string) => answerOfStatus({ source: 's', status, retryAfter, nowMs });

test('only 404, 410 and 204 say that there is no such thing', (t) => {
  const missing = Array.from({ length: 400 }, (_, i) => i + 200).filter((status) => answer(status)?.kind === 'missing');
  t.deepEqual(missing, [204, 404, 410]);
});

test('server errors, 429 and 408 have failed; every other answer is refused', (t) => {
  for (const status of [500, 502, 503, 504, 599, 429, 408]) t.is(answer(status)?.kind, 'failed', String(status));
  for (const status of [206, 304, 305, 400, 401, 403, 405, 407, 421, 451]) t.is(answer(status)?.kind, 'refused');
  t.is(answer(200), undefined);
});

test('401 and 403 are told as a matter of credentials', (t) => {
  for (const status of [401, 403]) {
    const refused = answer(status);
    t.true(refused?.kind === 'refused' && /wants credentials/.test(refused.reason.detail));
  }
});

test('Retry-After is read as seconds or as a date', (t) => {
  t.is(readRetryAfter('120', nowMs), 120_000);
  t.is(readRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', nowMs), 30_000);
  t.is(readRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', nowMs), 0);
  t.is(readRetryAfter('999999999', nowMs), 86_400_000);
  t.is(readRetryAfter('soon', nowMs), undefined);
  t.is(readRetryAfter(undefined, nowMs), undefined);
  const failed = answer(429, '7');
  t.is(failed?.kind === 'failed' ? failed.reason.retryAfterMs : undefined, 7_000);
});
