import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import Negotiator from 'negotiator';

import type { CacheState } from '../feed/cache-state.js';
import { ReadyAnswer } from './ready-answer.js';
import type { ReadyTrace } from './ready-answer.js';
import type { Trace } from './trace.js';

export type Encoding = 'gzip' | 'identity';

/** A document in the form in which it goes out: encoded, with its validators. */
export interface FinishedDocument {
  readonly body: Buffer;
  readonly encoding: Encoding;
  readonly contentType: string;
  /** Strong: differs by encoding too. */
  readonly etag: string;
  readonly cacheControl: string;
  /** Names joined by commas; empty when no source is behind it. */
  readonly sources: string;
  /** When the sources last said so, in ms since the epoch; absent when no source is behind it. */
  readonly checkedAtMs?: number;
  readonly warning?: string;
}

const gzipAsync = promisify(gzip);
/** Below this size a gzip header costs more than it saves, in bytes. */
const minGzipBytes = 860;

interface Encoded {
  readonly body: Buffer;
  readonly encoding: Encoding;
  readonly etag: string;
}

/** From this size on, the encoded forms of a body are remembered as long as somebody holds the body, in bytes. */
const largeBodyBytes = 256 * 1024;
const encodedForms = new WeakMap<Buffer, Map<Encoding, Promise<Encoded>>>();

/** Encodes a body as the client takes it best. Compression runs off the loop. */
export async function encodeBody(body: Buffer, accepted: Encoding): Promise<Encoded> {
  if (body.length < largeBodyBytes) return encode(body, accepted);
  const forms = encodedForms.get(body) ?? new Map<Encoding, Promise<Encoded>>();
  encodedForms.set(body, forms);
  const form = forms.get(accepted) ?? encode(body, accepted);
  forms.set(accepted, form);
  return form;
}

async function encode(body: Buffer, accepted: Encoding): Promise<Encoded> {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 27);
  if (accepted === 'identity' || body.length < minGzipBytes) return { body, encoding: 'identity', etag: `"${digest}"` };
  return { body: await gzipAsync(body), encoding: 'gzip', etag: `"${digest}-gz"` };
}

const acceptedByHeader = new Map<string, Encoding>();
const maxRememberedHeaders = 100;

/** What the client's `Accept-Encoding` allows. NuGet clients offer gzip and deflate; a client that offers nothing gets plain bytes. */
export function acceptedEncoding(req: IncomingMessage): Encoding {
  const header = req.headers['accept-encoding'];
  if (typeof header !== 'string') return 'identity';
  const known = acceptedByHeader.get(header);
  if (known) return known;
  const encoding = new Negotiator(req).encodings(['gzip', 'identity'])[0] === 'gzip' ? 'gzip' : 'identity';
  if (acceptedByHeader.size < maxRememberedHeaders) acceptedByHeader.set(header, encoding);
  return encoding;
}

/** The document as an answer. */
export function readyDocument(
  document: FinishedDocument,
  state: CacheState | undefined,
  trace: ReadyTrace = {},
): ReadyAnswer {
  const { body, encoding, contentType, etag, cacheControl, sources, checkedAtMs, warning } = document;
  return new ReadyAnswer({
    ...{ body, etag, checkedAtMs },
    headers: [
      ...['Cache-Control', cacheControl, 'Vary', 'Accept-Encoding'],
      ...(state === undefined ? [] : ['X-Cache', state]),
      ...(sources === '' ? [] : ['X-Larder-Source', sources]),
      ...(warning === undefined ? [] : ['X-NuGet-Warning', warning]),
    ],
    bodyHeaders: [
      ...['Content-Type', contentType, 'X-Content-Type-Options', 'nosniff'],
      ...(encoding === 'identity' ? [] : ['Content-Encoding', encoding]),
    ],
    trace: { ...trace, ...(sources !== '' && { source: sources }), cache: state },
  });
}

/** Sends the document, or 304 when the client has it. */
export function sendDocument(
  req: IncomingMessage,
  res: ServerResponse,
  document: FinishedDocument,
  { state, nowMs, trace }: { readonly state: CacheState | undefined; readonly nowMs: number; readonly trace: Trace },
): void {
  readyDocument(document, state).send(req, res, trace, nowMs);
}
