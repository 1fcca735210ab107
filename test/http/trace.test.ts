import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';

import test from 'ava';

import { createTrace, Observer } from '../../src/http/trace.js';
import type { LastLine, Trace } from '../../src/http/trace.js';
import { createCounters } from '../../src/ops/counters.js';
import { createLog } from '../../src/ops/log.js';
import { eventually } from '../support/eventually.js';
import { getter } from '../support/larder.js';

test('what was said of the same answer before is said again only of who asked the same, and all are counted', async (t) => {
  const destination = new PassThrough();
  const counters = createCounters();
  const observer = new Observer(createLog({ level: 'info', format: 'json' }, destination), counters);
  const lastLine: LastLine = { entry: undefined };
  const base: Partial<Trace> = { feed: 'default', id: 'Alpha', cache: 'HIT', source: 'origin', bytes: 4 };
  const asked: readonly (readonly [path: string, status: number, trace: Partial<Trace>])[] = [
    ['/a', 200, base],
    ['/a', 200, base],
    ['/a?token=x', 200, base],
    ['/b', 200, base],
    ['/b', 304, { ...base, bytes: 0 }],
    ['/b', 200, { ...base, key: 'team' }],
    ['/b', 200, { ...base, key: 'other' }],
    ['/b', 200, base],
    ['/b', 200, { ...base, version: '1.0.0' }],
    ['/b', 200, { ...base, cache: 'STALE' }],
    ['/b', 200, { ...base, id: 'Beta' }],
    ['/b', 200, { ...base, feed: 'team' }],
    ['/b', 200, { ...base, source: 'origin,other' }],
    ['/b', 200, { ...base, code: 'not-found' }],
  ];
  const todo = [...asked];
  const server = createServer((req, res) => {
    const [, status = 500, told = {}] = todo.shift() ?? [];
    const trace: Trace = { ...createTrace(), ...told, lastLine };
    observer.begin(req, res, trace);
    res.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const get = getter(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  let printed = '';
  destination.on('data', (text: Buffer) => (printed += text.toString()));
  for (const [at, [path]] of asked.entries()) {
    await get(path.slice(1));
    await eventually(
      async () => printed.split('\n').length - 1,
      (lines) => lines === at + 1,
    );
  }
  for (const [at, line] of printed.trimEnd().split('\n').entries()) {
    const [path = '', status = 0, told = {}] = asked[at] ?? [];
    const { time, ms, ...rest } = JSON.parse(line) as Record<string, unknown>;
    t.regex(String(time), /^\d{4}-/);
    t.is(typeof ms, 'number');
    const [plain] = path.split('?');
    t.deepEqual(rest, { level: 'info', method: 'GET', path: plain, status, ...told, msg: `GET ${plain} ${status}` });
  }
  t.is(counters.requests, asked.length);
  t.is(counters.servedBytes, 4 * (asked.length - 1));
  t.is(counters.hits, asked.length - 1);
  t.is(counters.stale, 1);
});
