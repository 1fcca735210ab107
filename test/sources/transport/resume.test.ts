import test from 'ava';
import type { ExecutionContext } from 'ava';
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { resumePointOf } from '../../../src/sources/transport/resume.js';
import { drain, serve, shortTimeouts, valueOf } from '../open-source.js';
import { openTransport } from '../open-transport.js';

const whole = randomBytes(400_000);
const size = whole.length;

interface Script {
  readonly etag?: string;
  readonly lastModified?: string;
  readonly acceptRanges?: string;
  /** Bytes after which each connection ends; the last entry counts on. */
  readonly endsAfter: readonly number[];
  /** How it ends. */
  readonly end?: (response: ServerResponse) => void;
  /** What a request for a range gets, where it is not what it asks for. */
  readonly onRange?: (response: ServerResponse, from: number, headers: Record<string, string>) => boolean;
}

/** A server whose connections end early, and the ranges it was asked for. */
async function breaking(t: ExecutionContext, script: Script) {
  const { etag = '"e1"', lastModified, acceptRanges, endsAfter, onRange } = script;
  const end = script.end ?? ((response: ServerResponse) => response.socket?.resetAndDestroy());
  const asked: { readonly range?: string; readonly 'if-range'?: string }[] = [];
  let turn = 0;
  const origin = await serve(t, ({ headers: { range, 'if-range': ifRange } }, response) => {
    asked.push({
      ...(range !== undefined && { range }),
      ...(ifRange !== undefined && { 'if-range': String(ifRange) }),
    });
    const [, digits] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
    const from = Number(digits ?? 0);
    const headers: Record<string, string> = {
      ...(etag !== '' && { etag }),
      ...(lastModified !== undefined && { 'last-modified': lastModified }),
      ...(acceptRanges !== undefined && { 'accept-ranges': acceptRanges }),
      'content-length': String(size - from),
    };
    if (digits !== undefined && onRange?.(response, from, headers)) return;
    if (digits !== undefined) headers['content-range'] = `bytes ${from}-${size - 1}/${size}`;
    response.writeHead(digits === undefined ? 200 : 206, headers);
    const upTo = endsAfter[Math.min(turn++, endsAfter.length - 1)] as number;
    if (from + upTo >= size) response.end(whole.subarray(from));
    else response.write(whole.subarray(from, from + upTo), () => end(response));
  });
  const transport = openTransport(t, origin, { timeouts: shortTimeouts });
  const read = async () => drain(valueOf(await transport.package(new URL(origin), {})));
  return { asked, read };
}

for (const [how, end] of [
  ['is reset', undefined],
  ['ends in good order', (response: ServerResponse) => response.socket?.end()],
  ['goes silent', () => undefined],
] as const)
  test(`a package whose connection ${how} goes on where it ended, and the reader sees one`, async (t) => {
    const { asked, read } = await breaking(t, { endsAfter: [100_000, 150_000, size], ...(end && { end }) });
    const { bytes, brokeOff } = await read();
    t.is(brokeOff, undefined);
    t.true(bytes.equals(whole));
    t.is(asked.length, 3);
    t.deepEqual(asked[0], {});
    for (const one of asked.slice(1)) {
      t.is(one['if-range'], '"e1"');
      t.regex(String(one.range), /^bytes=[1-9]\d*-$/);
    }
  });

test('three times, and no more', async (t) => {
  const { asked, read } = await breaking(t, { endsAfter: [50_000] });
  const { bytes, brokeOff } = await read();
  t.regex(String(brokeOff), /^source-unreachable/);
  t.true(bytes.length > 0 && bytes.equals(whole.subarray(0, bytes.length)));
  t.is(asked.length, 4);
});

test('a connection that brings nothing is the last', async (t) => {
  const { asked, read } = await breaking(t, {
    endsAfter: [100_000],
    onRange: (response, from, headers) => {
      response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${size - 1}/${size}` });
      response.flushHeaders();
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
      return true;
    },
  });
  t.truthy((await read()).brokeOff);
  t.is(asked.length, 2);
});

for (const [what, onRange] of [
  [
    'the whole from its beginning',
    (response, _, headers) => send(response, 200, { ...headers, 'content-length': String(size) }, whole),
  ],
  [
    'other bytes than asked',
    (response, from, headers) =>
      send(
        response,
        206,
        { ...headers, 'content-range': `bytes ${from + 1}-${size - 1}/${size}` },
        whole.subarray(from),
      ),
  ],
  [
    'the rest of a longer one',
    (response, from, headers) =>
      send(
        response,
        206,
        { ...headers, 'content-range': `bytes ${from}-${size - 1}/${size + 1}` },
        whole.subarray(from),
      ),
  ],
  [
    'the rest of another one',
    (response, from, headers) =>
      send(
        response,
        206,
        { ...headers, etag: '"e2"', 'content-range': `bytes ${from}-${size - 1}/${size}` },
        whole.subarray(from),
      ),
  ],
  ['no range', (response, _, headers) => send(response, 206, headers, whole)],
  [
    'several ranges at once',
    (response, _, headers) =>
      send(response, 206, { ...headers, 'content-type': 'multipart/byteranges; boundary=b' }, whole),
  ],
  ['that it is gone', (response) => send(response, 404, {}, Buffer.alloc(0))],
  ['an error', (response) => send(response, 416, {}, Buffer.alloc(0))],
] as [string, NonNullable<Script['onRange']>][])
  test(`where the rest was asked for and ${what} came, the package breaks off as it did`, async (t) => {
    const { asked, read } = await breaking(t, { endsAfter: [100_000], onRange });
    const { bytes, brokeOff } = await read();
    t.regex(String(brokeOff), /^source-unreachable: connection/);
    t.true(bytes.length <= 100_000 && bytes.equals(whole.subarray(0, bytes.length)));
    t.is(asked.length, 2);
  });

for (const [what, script] of [
  ['a weak entity tag', { etag: 'W/"e1"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' }],
  ['no validator', { etag: '' }],
  ['a date that is as young as the answer', { etag: '', lastModified: new Date(Date.now() + 60_000).toUTCString() }],
  ['a strong tag from a server that serves no ranges', { acceptRanges: 'none' }],
] as const)
  test(`a package with ${what} is not resumed`, async (t) => {
    const { asked, read } = await breaking(t, { endsAfter: [100_000], ...script });
    t.truthy((await read()).brokeOff);
    t.is(asked.length, 1);
  });

test('a date that is older than the answer is as good as a tag', async (t) => {
  const lastModified = 'Mon, 01 Jan 2024 00:00:00 GMT';
  const { asked, read } = await breaking(t, { etag: '', lastModified, endsAfter: [100_000, size] });
  t.true((await read()).bytes.equals(whole));
  t.is(asked[1]?.['if-range'], lastModified);
});

test('without a length nothing is resumed', (t) => {
  t.is(resumePointOf({ etag: '"a"' }, undefined), undefined);
  t.deepEqual(resumePointOf({ etag: '"a"' }, 7), { size: 7, validator: '"a"' });
});

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: Buffer): boolean {
  response.writeHead(status, { ...headers, 'content-length': String(body.length) }).end(body);
  return true;
}
