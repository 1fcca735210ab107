import type { ServerResponse } from 'node:http';
import type { Reply } from './scripted-reply.js';

/**
 * What goes wrong in place of, or on top of, the right answer.
 * - an object with `status`: this answer instead
 * - `delayMs`: the right answer, late
 * - `dripBytesPerSecond`: the right answer, slowly; every 50 ms a piece, or `everyMs`
 * - `resetAfterBytes`: headers and so much of the body, then a reset; a body that is not longer comes whole
 * - `refuse`: the connection is closed without an answer
 * - `hang`: no answer, ever
 * - `hang mid-body`: headers and the first half, then silence
 * - `reset mid-body`: headers and the first half, then a reset
 * - `truncate`: promises the full length, sends half and closes in good order
 * - `half`: half of the body, announced and ended as if it were the whole
 * - `endless`: the body over and over, no length announced
 * - `html`: status 200 and an HTML page
 * - `garbage`: as long as the right body, of the same type, and nonsense
 * - `wrong package`: some other package's bytes
 * - `not http`: bytes that are no HTTP
 * - `raw`: these bytes in place of an HTTP answer, and then the end of the connection, a reset or nothing more
 * - a function makes the fault of the right answer, which is a whole one even where a 304 would do; `undefined` is the right answer itself
 */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | { readonly delayMs: number }
  | { readonly dripBytesPerSecond: number; readonly everyMs?: number }
  | { readonly resetAfterBytes: number }
  | 'refuse'
  | 'hang'
  | 'hang mid-body'
  | 'reset mid-body'
  | 'truncate'
  | 'half'
  | 'endless'
  | 'html'
  | 'garbage'
  | 'wrong package'
  | 'not http'
  | { readonly raw: Buffer; readonly then: 'end' | 'reset' | 'silence' }
  | FaultOf;

export type FaultOf = (reply: Reply, path: string) => Fault | undefined;

const htmlPage = Buffer.from('<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n');
const dripEveryMs = 50;

/** Answers a request the way the fault wants it. `otherPackage` makes the bytes of "wrong package". */
export function sendWithFault(
  response: ServerResponse,
  reply: Reply,
  fault: Exclude<Fault, FaultOf>,
  otherPackage: () => Buffer,
): void {
  const { body } = reply;
  const half = body.subarray(0, Math.floor(body.length / 2));
  if (typeof fault === 'object') {
    if ('raw' in fault) return sendRaw(response, fault);
    if ('status' in fault) send(response, fault.status, fault.headers ?? {}, Buffer.from(fault.body ?? ''));
    else if ('delayMs' in fault) setTimeout(() => sendReply(response, reply), fault.delayMs).unref();
    else if ('dripBytesPerSecond' in fault) drip(response, reply, fault.dripBytesPerSecond, fault.everyMs);
    else if (body.length <= fault.resetAfterBytes) sendReply(response, reply);
    else begin(response, reply, body.subarray(0, fault.resetAfterBytes), () => response.socket?.resetAndDestroy());
    return;
  }
  switch (fault) {
    case 'refuse':
      response.socket?.destroy();
      return;
    case 'hang':
      return;
    case 'hang mid-body':
      begin(response, reply, half);
      return;
    case 'reset mid-body':
      begin(response, reply, half, () => response.socket?.resetAndDestroy());
      return;
    case 'truncate':
      begin(response, reply, half, () => response.socket?.end());
      return;
    case 'half':
      send(response, reply.status, reply.headers, half);
      return;
    case 'endless':
      response.writeHead(reply.status, reply.headers);
      pour(response, repeated(body));
      return;
    case 'html':
      send(response, 200, { 'content-type': 'text/html; charset=utf-8' }, htmlPage);
      return;
    case 'garbage':
      send(response, reply.status, reply.headers, Buffer.alloc(body.length, '\u0007?'));
      return;
    case 'wrong package':
      send(response, 200, reply.headers, otherPackage());
      return;
    case 'not http':
      response.socket?.end('220 mail.example ESMTP\r\n');
      return;
  }
}

function sendRaw({ socket }: ServerResponse, { raw, then }: { raw: Buffer; then: 'end' | 'reset' | 'silence' }): void {
  socket?.write(raw, () => {
    if (then === 'end') socket.end();
    if (then === 'reset') socket.resetAndDestroy();
  });
}

/** What a fault that depends on the answer comes to. */
export function faultOf(fault: Fault, reply: Reply, path: string): Exclude<Fault, FaultOf> | undefined {
  if (typeof fault !== 'function') return fault;
  const made = fault(reply, path);
  return made === undefined ? undefined : faultOf(made, reply, path);
}

/** The right answer. */
export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  send(response, status, headers, body);
}

function send(response: ServerResponse, status: number, headers: Reply['headers'], body: Buffer): void {
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, hasBody ? { 'content-length': body.length, ...headers } : headers);
  if (hasBody) response.end(body);
  else response.end();
}

function begin(response: ServerResponse, reply: Reply, part: Buffer, then?: () => void): void {
  response.writeHead(reply.status, { 'content-length': reply.body.length, ...reply.headers });
  response.write(part, then);
}

function drip(response: ServerResponse, reply: Reply, bytesPerSecond: number, everyMs = dripEveryMs): void {
  begin(response, reply, Buffer.alloc(0));
  const startedAt = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    if (response.destroyed) return clearInterval(timer);
    const due = Math.min(Math.floor(((Date.now() - startedAt) / 1000) * bytesPerSecond), reply.body.length);
    if (due > sent) response.write(reply.body.subarray(sent, due));
    sent = due;
    if (sent < reply.body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  timer.unref();
}

/** In pieces that cost little each. */
const repeated = (body: Buffer) => Buffer.alloc(Math.ceil(65_536 / body.length) * body.length, body);

function pour(response: ServerResponse, piece: Buffer): void {
  while (!response.destroyed) {
    if (response.write(piece)) continue;
    response.once('drain', () => pour(response, piece));
    return;
  }
}
