import { failed, missing, refused } from '../../feed/answer.js';
import type { Failed, Missing, Refused } from '../../feed/answer.js';
import { readRetryAfter } from './retry-after.js';

export interface StatusLine {
  readonly source: string;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly nowMs: number;
}

/** What a status without a usable body means; `undefined` for 200. Only 404, 410 and 204 say that there is no such thing. */
export function answerOfStatus(line: StatusLine): Missing | Refused | Failed | undefined {
  const { source, status } = line;
  if (status === 200 || status === 203) return undefined;
  if (status === 404 || status === 410 || status === 204) return missing;
  if (status === 401 || status === 403)
    return refused({
      source,
      code: 'source-refused',
      unauthorized: true,
      detail: `answered ${status}: it wants credentials, or does not accept the ones configured`,
    });
  const retryAfterMs = readRetryAfter(line.retryAfter, line.nowMs);
  const reason = { source, detail: `answered ${status}`, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status >= 500 || status === 429 || status === 408) return failed({ ...reason, code: 'source-failed' });
  return refused({ source, code: 'source-refused', detail: reason.detail });
}
