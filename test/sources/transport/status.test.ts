import test from 'ava';
import { answerOfStatus } from '../../../src/sources/transport/status.js';
import { readRetryAfter } from '../../../src/sources/transport/retry-after.js';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const line = {
  source: 's',
  retryAfter: undefined,
  nowMs,
  credentials: 'none',
  host: 'h.example',
  isPage: false,
} as const;
const answer = (status: number, retryAfter?: string) => answerOfStatus({ ...line, status, retryAfter });

test('only 404, 410 and 204 say that there is no such thing', (t) => {
  const missing = Array.from({ length: 400 }, (_, i) => i + 200).filter((status) => answer(status)?.kind === 'missing');
  t.deepEqual(missing, [204, 404, 410]);
});

test('server errors, 429 and 408 have failed; every other answer is refused', (t) => {
  for (const status of [500, 502, 503, 504, 599, 429, 408]) t.is(answer(status)?.kind, 'failed', String(status));
  for (const status of [206, 304, 305, 400, 401, 403, 405, 407, 421, 451]) t.is(answer(status)?.kind, 'refused');
  t.is(answer(200), undefined);
});

for (const status of [401, 403])
  test(`${status} is told as a matter of credentials: none, refused, or not for that host`, (t) => {
    const tell = (credentials: 'none' | 'sent' | 'withheld') => {
      const refused = answerOfStatus({ ...line, status, credentials });
      if (refused?.kind !== 'refused') throw new Error('not refused');
      t.true(refused.reason.unauthorized);
      t.is(refused.reason.code, 'source-refused');
      return refused.reason.detail;
    };
    t.is(tell('none'), `answered ${status}: it wants credentials, and none are configured: sources[].auth`);
    t.is(tell('sent'), `answered ${status}: it does not accept the credentials in sources[].auth`);
    t.regex(tell('withheld'), /h\.example wants credentials, .*sources\[\]\.auth\.hosts/);
  });

test('203 with a page is how Azure DevOps refuses a token; 203 with a document is a document', (t) => {
  const page = answerOfStatus({ ...line, status: 203, credentials: 'sent', isPage: true });
  t.true(page?.kind === 'refused' && page.reason.unauthorized);
  t.is(answer(203), undefined);
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
