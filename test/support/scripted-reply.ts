import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';

/** An answer ready to send: its bytes are shared by all who ask. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What stands at a path, in the forms in which it is sent; each is made when first needed, once. */
export class Resource {
  #gzipped: Buffer | undefined;
  #etag: string | undefined;

  constructor(
    private readonly contentType: string,
    private readonly body: Buffer,
    private readonly options: { readonly gzip: 'always' | 'accepted' | 'never'; readonly hasValidators: boolean },
  ) {}

  reply(request: IncomingHttpHeaders): Reply {
    const { gzip, hasValidators } = this.options;
    const validators: Record<string, string> = hasValidators
      ? { etag: (this.#etag ??= etagOf(this.body)), 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }
      : {};
    if (hasValidators && request['if-none-match'] === this.#etag)
      return { status: 304, headers: validators, body: Buffer.alloc(0) };
    const headers = { 'content-type': this.contentType, ...validators };
    const accepts = String(request['accept-encoding'] ?? '').includes('gzip');
    if (gzip === 'never' || (gzip === 'accepted' && !accepts)) return { status: 200, headers, body: this.body };
    const body = (this.#gzipped ??= gzipSync(this.body, { level: 1 }));
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body };
  }
}

/** Its body without the gzip of the way. */
export const plainBody = ({ headers, body }: Reply): Buffer =>
  headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;

/** The part of an answer that was asked for (`Range: bytes=N-`), where it is of the same thing still (`If-Range`). */
export function partOf(reply: Reply, { range, 'if-range': ifRange }: IncomingHttpHeaders): Reply {
  const [, from] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
  const { body, headers } = reply;
  if (from === undefined || reply.status !== 200 || Number(from) >= body.length) return reply;
  if (ifRange !== undefined && ifRange !== headers['etag'] && ifRange !== headers['last-modified']) return reply;
  const contentRange = `bytes ${from}-${body.length - 1}/${body.length}`;
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body: body.subarray(Number(from)) };
}

export function textReply(status: number, text: string): Reply {
  return { status, headers: text === '' ? {} : { 'content-type': 'text/plain' }, body: Buffer.from(text) };
}

/** nuget.org's form. */
function etagOf(body: Buffer): string {
  return `"0x${createHash('sha1').update(body).digest('hex').slice(0, 15).toUpperCase()}"`;
}
