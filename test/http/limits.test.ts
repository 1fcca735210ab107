import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { eventually } from '../support/eventually.js';
import { startLarder } from '../support/larder.js';
import type { LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';

const list = (id: string) => `v3/flat/${id}/index.json`;

async function start(t: ExecutionContext, limits: object, packages: readonly PackageScript[]) {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  const larder = await startLarder(t, { sources: { upstream: source }, config: { limits } });
  return { source, larder };
}

/** A connection of our own, so that it can be slow or silent. */
async function dial(t: ExecutionContext, { url }: LarderUnderTest): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('more requests than limits.maxRequests are turned away at once with 503 and a time to come again; memory and probes still answer', async (t) => {
  const names = ['Alpha', 'Beta', 'Gamma', 'Hot'];
  const { source, larder } = await start(
    t,
    { maxRequests: 2 },
    names.map((id) => ({ id, version: '1.0.0' })),
  );
  t.is((await larder.get(list('hot'))).status, 200);
  source.fault(/alpha|beta/, 'hang', { times: 2 });
  const waiting = [larder.get(list('alpha')), larder.get(list('beta'))];
  await eventually(
    async () => source.count(/alpha|beta/),
    (asked) => asked === 2,
  );

  const turnedAway = await larder.get(list('gamma'));
  t.is(turnedAway.status, 503);
  t.is(turnedAway.headers['retry-after'], '2');
  t.like(turnedAway.json(), { code: 'overloaded', status: 503, retryAfterSeconds: 2 });
  t.regex(turnedAway.reason, /limits\.maxRequests/);
  t.is(source.count('gamma'), 0);
  t.is((await larder.get(list('hot'))).headers['x-cache'], 'HIT');
  t.is((await larder.get('health/ready')).status, 200);
  t.is((await larder.get('health/live')).status, 200);

  for (const answer of await Promise.all(waiting)) t.not(answer.status, 404);
  // Two questions without an answer were an outage; it is over soon.
  const after = await eventually(
    () => larder.get(list('gamma')),
    ({ status }) => status === 200,
  );
  t.is(after.status, 200);
});

test('a client that does not read its answer is let go of after limits.clientIdle, and others are served meanwhile', async (t) => {
  const { larder } = await start(t, { clientIdle: '2s' }, [{ id: 'Large', version: '1.0.0', fillerBytes: 30_000_000 }]);
  const path = 'v3/flat/large/1.0.0/large.1.0.0.nupkg';
  const socket = await dial(t, larder);
  const closed = once(socket, 'close');
  socket.pause();
  socket.write(`GET /${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  const other = await larder.get(path);
  t.is(other.status, 200);
  t.true(other.body.length > 30_000_000);
  // Reading on later finds the connection gone, and not a whole answer.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  let received = 0;
  socket.on('data', (piece: Buffer) => (received += piece.length));
  socket.resume();
  await closed;
  t.true(received < 30_000_000, `${received} bytes came`);
});

test('a connection on which nothing is asked is let go of after limits.clientIdle', async (t) => {
  const { larder } = await start(t, { clientIdle: '200ms' }, []);
  const socket = await dial(t, larder);
  socket.resume();
  await once(socket, 'close');
  t.pass();
});

test('more connections than limits.maxConnections are closed, and there is room again when one leaves', async (t) => {
  const { larder } = await start(t, { maxConnections: 2 }, []);
  const [first] = await Promise.all([dial(t, larder), dial(t, larder)]);
  const third = await dial(t, larder);
  third.resume();
  await once(third, 'close');
  first.destroy();
  await eventually(
    async () => {
      const socket = await dial(t, larder);
      socket.write('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
      const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
      return String(answer);
    },
    (answer) => answer.startsWith('HTTP/1.1 200'),
  );
  t.pass();
});
