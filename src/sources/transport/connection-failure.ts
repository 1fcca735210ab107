import { errors } from 'undici';
import type { Reason } from '../../feed/answer.js';

export interface Deadlines {
  /** From asking to the end of the answer's headers; also for connecting. */
  readonly headersMs: number;
  /** Longest silence inside a body. */
  readonly idleMs: number;
}

/** What a failed exchange means. Says only what kind of failure it was: an error's own text may hold addresses. */
export function reasonOfFailure(error: unknown, source: string, deadlines: Deadlines): Reason {
  if (error instanceof errors.HTTPParserError)
    return { source, code: 'source-failed', detail: 'its answer is not HTTP' };
  const code = codeOf(error);
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return { source, code: 'source-timeout', detail: `no answer within ${seconds(deadlines.headersMs)}` };
    case 'UND_ERR_BODY_TIMEOUT':
      return { source, code: 'source-timeout', detail: `the answer stood still for ${seconds(deadlines.idleMs)}` };
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return { source, code: 'source-unreachable', detail: `no connection within ${seconds(deadlines.headersMs)}` };
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return { source, code: 'source-failed', detail: 'its answer has headers too large' };
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { source, code: 'source-failed', detail: 'its answer has another length than announced' };
  }
  const detail = unreachable.get(code);
  if (detail !== undefined) return { source, code: 'source-unreachable', detail };
  if (isTlsCode(code)) return { source, code: 'source-unreachable', detail: `TLS failed (${code})` };
  return { source, code: 'source-failed', detail: `asking failed${code && ` (${code})`}` };
}

/** The connection ended before the first byte of an answer: on a kept-alive connection that says nothing about the source. */
export function isLostConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

const unreachable: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['UND_ERR_SOCKET', 'connection closed by the source'],
  ['ENOTFOUND', 'host name not found'],
  ['EAI_AGAIN', 'host name could not be looked up'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'no route to network'],
  ['EADDRNOTAVAIL', 'no route to host'],
]);

function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses tried at once fail together.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}

const seconds = (ms: number) => `${Number((ms / 1000).toFixed(1))} s`;
