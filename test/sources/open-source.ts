import type { ExecutionContext } from 'ava';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, Reason } from '../../src/feed/answer.js';
import { SourceBrokeOff } from '../../src/feed/source.js';
import type { PackageBytes } from '../../src/feed/source.js';
import { systemClock } from '../../src/ops/clock.js';
import { V3Source } from '../../src/sources/v3/v3-source.js';
import type { V3SourceOptions } from '../../src/sources/v3/v3-source.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource, ScriptedSourceOptions } from '../support/scripted-source.js';

export const defaults = {
  name: 'scripted',
  timeouts: { headersMs: 10_000, idleMs: 10_000 },
  maxConcurrent: 32,
  maxDocumentBytes: 128_000_000,
  maxPackageBytes: 2_000_000_000,
  maxVersionsPerId: 100_000,
  serviceIndexTtlMs: 600_000,
  version: '0.0.0',
  clock: systemClock,
} as const satisfies Omit<V3SourceOptions, 'url'>;

/** Short enough to wait for in a test, long enough for a busy machine to answer in. */
export const shortTimeouts = { headersMs: 1_500, idleMs: 1_500 };

/** A V3 source that ends with the test. */
export function openV3(t: ExecutionContext, url: string, options: Partial<V3SourceOptions> = {}): V3Source {
  const source = new V3Source({ ...defaults, url, ...options });
  t.teardown(() => source.close());
  return source;
}

/** A scripted server and our source in front of it; both end with the test. */
export async function openScripted(
  t: ExecutionContext,
  script: ScriptedSourceOptions = {},
  options: Partial<V3SourceOptions> = {},
): Promise<{ server: ScriptedSource; source: V3Source }> {
  const server = await startScriptedSource(script);
  t.teardown(() => server.close());
  return { server, source: openV3(t, server.url, options) };
}

/** A bare server of one listener. @returns its origin */
export async function serve(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @throws when it was not found */
export function valueOf<T>(answer: Answer<T> | { readonly kind: 'unchanged' }): T {
  if (answer.kind !== 'found') throw new Error(`not found but ${JSON.stringify(answer)}`);
  return answer.value;
}

/** What a caller would hear: kind, code and detail in one line. */
export function told(answer: Answer<unknown> | { readonly kind: 'unchanged' }): string {
  return 'reason' in answer ? `${answer.kind} ${line(answer.reason)}` : answer.kind;
}

/** Reads a package to its end, or to where it broke off. */
export async function drain(opened: PackageBytes): Promise<{ bytes: Buffer; brokeOff?: string; reason?: Reason }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of opened.bytes) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof SourceBrokeOff)) throw error;
    return { bytes: Buffer.concat(pieces), brokeOff: line(error.reason), reason: error.reason };
  }
  return { bytes: Buffer.concat(pieces) };
}

const line = ({ code, detail }: Reason) => `${code}: ${detail}`;
