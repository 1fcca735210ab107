import { errors } from 'undici';
import type { Reason } from '../../feed/answer.js';
import { ProxyFailureError, proxyStatusOf } from './proxy-failure.js';
import { reasonOfTls } from './tls-failure.js';

export interface Deadlines {
  /** From asking to the end of the answer's headers; also for connecting. */
  readonly headersMs: number;
  /** Longest silence inside a body. */
  readonly idleMs: number;
}

/**
 * What a failed exchange means. Says only what kind of failure it was: an error's own text may hold addresses.
 * @param proxy the address, without user info, of the proxy on the way
 */
export function reasonOfFailure(error: unknown, source: string, deadlines: Deadlines, proxy?: string): Reason {
  const ofProxy = proxyFailureOf(error, proxy);
  if (ofProxy !== undefined)
    return { source, code: 'source-unreachable', detail: toldOfProxy(ofProxy, source, deadlines) };
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
  if (isTlsCode(code)) return reasonOfTls(code, source);
  return { source, code: 'source-failed', detail: `asking failed${code && ` (${code})`}` };
}

/** The connection ended before the first byte of an answer: on a kept-alive connection that says nothing about the source. */
export function isLostConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

/** No connection was made at all: what holds for one question holds for every other one to the same host. */
export function isWithoutConnection(error: unknown): boolean {
  return neverConnected.has(codeOf(error)) && !isProxyFailure(error);
}

const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/** Nothing was heard until the limit. */
export function isSilence(error: unknown): boolean {
  return codeOf(error) === 'UND_ERR_HEADERS_TIMEOUT';
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

/** The failure of a proxy somewhere in an error, as one. */
function proxyFailureOf(error: unknown, proxy: string | undefined): ProxyFailureError | undefined {
  if (error instanceof ProxyFailureError) return error;
  const status = proxyStatusOf(error);
  if (status !== undefined) return new ProxyFailureError(proxy ?? '', status, undefined);
  return error instanceof Error && error.cause !== undefined ? proxyFailureOf(error.cause, proxy) : undefined;
}

function toldOfProxy({ proxy, status, cause }: ProxyFailureError, source: string, deadlines: Deadlines): string {
  const named = `the proxy ${proxy}`;
  if (status === 407)
    return `${named} wants credentials, or does not accept the ones in its address (407): give http://user:password@… as sources[].proxy or in HTTPS_PROXY`;
  if (status !== undefined) return `${named} does not let us through to the source (${status})`;
  return `${named} cannot be used: ${reasonOfFailure(cause, source, deadlines).detail}`;
}

/** Whether it was the proxy that failed; one that was replaced may be why. */
export function isProxyFailure(error: unknown): boolean {
  return proxyFailureOf(error, undefined) !== undefined;
}

/** Whether TLS could not be agreed on; a certificate of ours that was replaced may be why. */
export function isTlsFailure(error: unknown): boolean {
  return isTlsCode(codeOf(error));
}

function isTlsCode(code: string): boolean {
  return (
    code === 'EPROTO' ||
    code === 'UND_ERR_PRX_TLS' ||
    /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // undici's own word for a TLS failure behind a proxy says less than what it wraps.
  if ('code' in error && error.code === 'UND_ERR_PRX_TLS' && error.cause !== undefined) return codeOf(error.cause);
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses tried at once fail together.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}

const seconds = (ms: number) => `${Number((ms / 1000).toFixed(1))} s`;
