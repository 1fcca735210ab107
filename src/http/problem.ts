import type { ServerResponse } from 'node:http';

import type { Reason, ReasonCode } from '../feed/answer.js';

/** Codes that are ours alone; those of sources come from `ReasonCode`. All of them are listed in docs/errors.md. */
export type ProblemCode =
  | ReasonCode
  | 'bad-id'
  | 'bad-version'
  | 'bad-host'
  | 'bad-range'
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'bad-query'
  | 'not-found'
  | 'method-not-allowed'
  | 'overloaded'
  | 'internal';

/** The one place where a code becomes an HTTP status. */
const statuses: Record<ProblemCode, { readonly status: number; readonly title: string; readonly advice?: string }> = {
  'bad-id': { status: 400, title: 'Not a package id' },
  'bad-version': { status: 400, title: 'Not a package version' },
  'bad-host': { status: 400, title: 'Not a host name' },
  'bad-request': { status: 400, title: 'Not a request that can be read' },
  unauthorized: {
    status: 401,
    title: 'A valid key is needed',
    advice: 'Store it with your package source: packageSourceCredentials in NuGet.Config.',
  },
  forbidden: { status: 403, title: 'The key does not allow this', advice: 'Ask who runs this server for the right.' },
  'bad-query': { status: 400, title: 'Not a query that can be answered' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'bad-range': { status: 416, title: 'Range not satisfiable' },
  internal: { status: 500, title: 'Error in Larder', advice: 'The log has more.' },
  'source-refused': {
    status: 502,
    title: 'A source gave an answer that cannot be used',
    advice: 'Check the source and its credentials.',
  },
  'source-failed': { status: 502, title: 'A source failed', advice: 'Try again; if it lasts, look at the source.' },
  'package-rejected': {
    status: 502,
    title: 'A package was rejected',
    advice: 'Nothing was kept. Look at the source: its copy is damaged or another package.',
  },
  'version-conflict': {
    status: 502,
    title: 'One version, different bytes',
    advice:
      'Find out which of the two is meant (the log names both sources), purge the kept one, or give one of them another version.',
  },
  'too-large': {
    status: 502,
    title: 'Larger than the limit',
    advice: 'Raise the limit in the configuration if it is meant to be so large.',
  },
  'damaged-copy': {
    status: 502,
    title: 'The only copy of a package was damaged',
    advice: 'Restore the package from elsewhere, and check the disk.',
  },
  'evidence-unavailable': { status: 502, title: 'The hash of a package could not be had', advice: 'Try again.' },
  'source-unreachable': {
    status: 503,
    title: 'A source cannot be reached',
    advice: 'Try again; if it lasts, check the network and the source.',
  },
  overloaded: { status: 503, title: 'Too much waits here already', advice: 'Try again a little later.' },
  'store-failed': { status: 503, title: 'The store failed', advice: 'Check the disk; the log has more.' },
  'source-timeout': {
    status: 504,
    title: 'A source did not answer in time',
    advice: 'Try again; if it lasts, look at the source.',
  },
  'offline-miss': {
    status: 504,
    title: 'Offline, and not kept here',
    advice: 'Fetch it once while the sources can be reached.',
  },
};

const defaultRetryAfterMs = 5_000;

export interface Problem {
  readonly code: ProblemCode;
  /** One sentence for a person. */
  readonly detail: string;
  readonly source?: string | undefined;
  readonly id?: string | undefined;
  readonly version?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A request that ends in a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export function problemOf(reason: Reason): Problem {
  return { code: reason.code, detail: toldOfSource(reason), source: reason.source, retryAfterMs: reason.retryAfterMs };
}

/** What happened and with which source: in a build log nothing else tells them apart. */
export function toldOfSource({ source, detail }: Pick<Reason, 'source' | 'detail'>): string {
  return source === undefined || detail.includes(source) ? detail : `${source}: ${detail}`;
}

/** What a code is called, for people. */
export function titleOf(code: ProblemCode): string {
  return statuses[code].title;
}

export function statusOf(code: ProblemCode): number {
  return statuses[code].status;
}

/** Answers with `application/problem+json` (RFC 9457). The reason phrase says it in short: NuGet clients print nothing else. */
export function sendProblem(res: ServerResponse, problem: Problem, isHead: boolean): void {
  const { title, advice } = statuses[problem.code];
  const status = statusNow(problem);
  const retryAfterSeconds =
    status === 503 || problem.retryAfterMs !== undefined
      ? Math.max(1, Math.ceil((problem.retryAfterMs ?? defaultRetryAfterMs) / 1000))
      : undefined;
  const body = Buffer.from(
    JSON.stringify({
      type: `urn:larder:problem:${problem.code}`,
      title,
      status,
      detail: advice ? `${sentence(problem.detail)} ${advice}` : problem.detail,
      code: problem.code,
      source: problem.source,
      id: problem.id,
      version: problem.version,
      retryAfterSeconds,
    }),
  );
  res.writeHead(status, reasonPhrase(problem.detail), {
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    ...problem.headers,
  });
  res.end(isHead ? undefined : body);
}

/** Whoever may come again at a known time is told so by the one status that means it. Evidence is about the package, not the source. */
function statusNow({ code, retryAfterMs }: Problem): number {
  const { status } = statuses[code];
  return retryAfterMs !== undefined && status > 500 && code !== 'evidence-unavailable' ? 503 : status;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Printable ASCII in one short line: nothing from outside may end the header line. */
function reasonPhrase(detail: string): string {
  return detail.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
