import { failed, missing, refused } from '../../feed/answer.js';
import type { Failed, Missing, Reason, Refused } from '../../feed/answer.js';
import { readRetryAfter } from './retry-after.js';

export interface StatusLine {
  readonly source: string;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly nowMs: number;
  /** Whether credentials are configured, and whether this request carried them. */
  readonly credentials: 'none' | 'sent' | 'withheld';
  /** The host that answered. */
  readonly host: string;
  /** A page for people. */
  readonly isPage: boolean;
}

/** What a status without a usable body means; `undefined` for 200. Only 404, 410 and 204 say that there is no such thing. */
export function answerOfStatus(line: StatusLine): Missing | Refused | Failed | undefined {
  const { source, status } = line;
  // Azure DevOps answers a token that it does not accept with a page to sign in and this status.
  if (status === 203 && line.isPage) return refused(unauthorized(line));
  if (status === 200 || status === 203) return undefined;
  if (status === 404 || status === 410 || status === 204) return missing;
  if (status === 401 || status === 403) return refused(unauthorized(line));
  const retryAfterMs = readRetryAfter(line.retryAfter, line.nowMs);
  const reason = {
    source,
    detail: `answered ${status}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(isThrottling(line) && { throttled: true as const }),
  };
  if (status >= 500 || status === 429 || status === 408) return failed({ ...reason, code: 'source-failed' });
  return refused({ source, code: 'source-refused', detail: reason.detail });
}

/** Whether the source asks to be asked less. */
export function isThrottling({ status, retryAfter }: Pick<StatusLine, 'status' | 'retryAfter'>): boolean {
  return status === 429 || (status === 503 && readRetryAfter(retryAfter, 0) !== undefined);
}

function unauthorized({ source, status, credentials, host }: StatusLine): Reason {
  const why = {
    none: 'it wants credentials, and none are configured: sources[].auth',
    sent: 'it does not accept the credentials in sources[].auth',
    withheld: `${host} wants credentials, and those in sources[].auth are for the address of the source only; if they are meant for this host too, list it in sources[].auth.hosts`,
  }[credentials];
  return { source, code: 'source-refused', detail: `answered ${status}: ${why}`, unauthorized: true };
}
