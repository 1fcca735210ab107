import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { readJson } from '../../../src/sources/transport/json-reader.js';
import { goodStanding } from '../../../src/sources/transport/standing.js';
import { drain, serve, shortTimeouts, told, valueOf } from '../open-source.js';
import { openTransport } from '../open-transport.js';
import type { TransportOptions } from '../../../src/sources/transport/transport.js';

type Step = (response: ServerResponse) => unknown;
const body = Buffer.from(JSON.stringify({ versions: ['1.0.0'] }));

const well: Step = (response) => response.end(body);
const status =
  (code: number, headers: Record<string, string> = {}): Step =>
  (response) =>
    response.writeHead(code, headers).end();
const reset: Step = (response) => response.socket?.resetAndDestroy();
const cut: Step = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write(body, () => response.socket?.resetAndDestroy());
};
const cutGzip: Step = (response) =>
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body).subarray(0, 20));

/** A server that goes through the steps, then does well. */
async function stepping(t: ExecutionContext, steps: Step[], options: Partial<TransportOptions> = {}) {
  const asked = { times: 0 };
  const origin = await serve(t, (_, response) => (steps[asked.times++] ?? well)(response));
  const transport = openTransport(t, origin, { timeouts: shortTimeouts, ...options });
  const ask = () => transport.document(new URL(origin), {}, readJson);
  return { asked, ask, transport, url: new URL(origin) };
}

for (const [what, steps] of [
  ['a 502', [status(502)]],
  ['a 503', [status(503)]],
  ['a 504', [status(504)]],
  ['two 503', [status(503), status(503)]],
  ['a 503 and a 502', [status(503), status(502)]],
  ['a 429 that wants no wait', [status(429, { 'retry-after': '0' })]],
  ['a 503 that wants a second', [status(503, { 'retry-after': '1' })]],
  ['a connection that ends before the answer', [reset]],
  ['two connections that end before the answer', [reset, reset]],
  ['a document that is cut', [cut]],
  ['two documents that are cut', [cut, cut]],
  ['a document whose gzip is cut', [cutGzip]],
  ['a reset, then a 503', [reset, status(503)]],
] as [string, Step[]][])
  test(`after ${what} a document is asked for again, and had`, async (t) => {
    const { asked, ask } = await stepping(t, steps);
    t.deepEqual(valueOf(await ask()).value, { versions: ['1.0.0'] });
    t.is(asked.times, steps.length + 1);
  });

for (const [what, step, times, expected] of [
  ['503', status(503), 3, 'failed source-failed: answered 503'],
  ['cut documents', cut, 3, /^failed source-unreachable: connection (reset|closed)/],
  ['resets', reset, 3, /^failed source-unreachable: connection (reset|closed)/],
  ['500', status(500), 1, 'failed source-failed: answered 500'],
  ['404', status(404), 1, 'missing'],
  ['410', status(410), 1, 'missing'],
  ['400', status(400), 1, 'refused source-refused: answered 400'],
  ['a long wait', status(503, { 'retry-after': '30' }), 1, 'failed source-failed: answered 503'],
  ['silence', () => undefined, 1, 'failed source-timeout: no answer within 1.5 s'],
  ['nonsense', (response: ServerResponse) => response.end('{"a":'), 1, /^refused source-refused: its answer /],
] as [string, Step, number, string | RegExp][])
  test(`of ${what} there are ${times} at the most for one question`, async (t) => {
    const { asked, ask } = await stepping(
      t,
      Array.from({ length: 9 }, () => step),
    );
    const answer = told(await ask());
    if (typeof expected === 'string') t.is(answer, expected);
    else t.regex(answer, expected);
    t.is(asked.times, times);
  });

for (const code of [401, 403])
  test(`a ${code} is not asked again`, async (t) => {
    const { asked, ask } = await stepping(t, [status(code)]);
    t.regex(told(await ask()), /^refused source-refused/);
    t.is(asked.times, 1);
  });

test('the opening of a package is asked for again too', async (t) => {
  const { asked, transport, url } = await stepping(t, [status(503), reset]);
  t.deepEqual((await drain(valueOf(await transport.package(url, {})))).bytes, body);
  t.is(asked.times, 3);
});

test('nothing is asked again where others failed too, nor when its time is over', async (t) => {
  const standing = { ...goodStanding(), mayRetry: () => false };
  const spared = await stepping(t, [status(503), status(503)], { standing });
  t.is(told(await spared.ask()), 'failed source-failed: answered 503');
  t.is(spared.asked.times, 1);
  const late = await stepping(t, [status(503), status(503)], { retryWithinMs: 10 });
  t.is(told(await late.ask()), 'failed source-failed: answered 503');
  t.is(late.asked.times, 1);
});

test('a source that is away is not asked, but for probes; who asks to be left alone is told at once', async (t) => {
  const throttled: (number | undefined)[] = [];
  let isAway = true;
  const away = { code: 'source-timeout', detail: 'away since yesterday' } as const;
  const standing = {
    ...goodStanding(),
    away: () => (isAway ? away : undefined),
    throttled: (ms: number | undefined) => throttled.push(ms),
  };
  const { asked, ask, transport, url } = await stepping(
    t,
    [status(503), status(429), status(503, { 'retry-after': '7' }), status(503)],
    { standing: { ...standing, mayRetry: () => false } },
  );
  t.is(told(await ask()), 'failed source-timeout: away since yesterday');
  t.is(asked.times, 0);
  t.is(told(await transport.probe(url, {})), 'failed source-failed: answered 503');
  isAway = false;
  for (const _ of [1, 2, 3]) t.is((await ask()).kind, 'failed');
  t.deepEqual(throttled, [undefined, 7_000], 'a 503 without a time is no wish');
  t.is((await transport.probe(url, {})).kind, 'found');
});

test('who waits for a place while the source wants to be left alone waits for that too, but not for long pauses', async (t) => {
  let untilMs = performance.now() + 300;
  const standing = { ...goodStanding(), pausedMs: () => Math.max(0, untilMs - performance.now()) };
  const { asked, ask } = await stepping(t, [], { standing });
  const beganAtMs = performance.now();
  t.is((await ask()).kind, 'found');
  t.true(performance.now() - beganAtMs >= 290, 'timers may be a little early');
  untilMs = performance.now() + 3_600_000;
  t.is(told(await ask()), 'failed source-failed: wants to be asked less, and is left alone');
  t.is(asked.times, 1);
});

test('a kept-alive connection that died in silence costs one time limit, and the answer comes over a new one', async (t) => {
  const sockets = new Set<unknown>();
  let isDead = false;
  const origin = await serve(t, (request, response) => {
    const isOld = sockets.has(request.socket);
    sockets.add(request.socket);
    if (!(isDead && isOld)) response.end(body);
  });
  const transport = openTransport(t, origin, { timeouts: shortTimeouts });
  const ask = async () => told(await transport.document(new URL(origin), {}, readJson));
  t.is(await ask(), 'found');
  isDead = true;
  t.is(await ask(), 'found');
  t.is(sockets.size, 2);
});

test('many slow packages hold up no list, on whatever host they are', async (t) => {
  const elsewhere = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('P');
  });
  const origin = await serve(t, (_, response) => well(response));
  const transport = openTransport(t, origin, { maxConcurrent: 4 });
  const packages = Array.from({ length: 30 }, () => transport.package(new URL(elsewhere), {}));
  await Promise.all(packages.slice(0, 2));
  const lists = Array.from({ length: 40 }, () => transport.document(new URL(origin), {}, readJson));
  t.deepEqual([...new Set((await Promise.all(lists)).map(({ kind }) => kind))], ['found']);
  for (const opened of packages) {
    const one = await opened;
    if (one.kind === 'found') one.value.bytes.destroy();
  }
});

test('a package that was let go of or came to its end gives its place to the next', async (t) => {
  const { transport, url } = await stepping(t, [status(404), cut], { maxConcurrent: 1 });
  t.is((await transport.package(url, {})).kind, 'missing');
  t.truthy((await drain(valueOf(await transport.package(url, {})))).brokeOff);
  valueOf(await transport.package(url, {})).bytes.destroy();
  t.deepEqual((await drain(valueOf(await transport.package(url, {})))).bytes, body);
  t.is((await transport.document(url, {}, readJson)).kind, 'found');
});
