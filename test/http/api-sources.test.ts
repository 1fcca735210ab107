import test from 'ava';

import { explanationSchema, sourcesSchema, statusSchema } from '../../src/http/api/schemas.js';
import { SourceFigures } from '../../src/feed/source-figures.js';
import { watchSource } from '../../src/feed/watched-source.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { V3Source } from '../../src/sources/v3/v3-source.js';
import { eventually } from '../support/eventually.js';
import { ManualClock, startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { askApi } from './api-answer.js';

test('each source with its state, its latencies and its last success and error', async (t) => {
  const names = ['good', 'gone', 'locked', 'idle'] as const;
  const started = await Promise.all(
    names.map(() => startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0' }] })),
  );
  for (const source of started) t.teardown(() => source.close());
  const [good, gone, locked] = started;
  const clock = new ManualClock();
  const larder = await startLarder(t, {
    sources: Object.fromEntries(names.map((name, i) => [name, started[i]?.url ?? ''])),
    sourceSettings: { idle: { packages: ['Idle'] } },
    clock,
  });
  t.true((await askApi(t, larder, 'sources', sourcesSchema)).every(({ state }) => state === 'unknown'));

  await gone?.close();
  locked?.fault('', { status: 403 });
  await larder.get('v3/flat/alpha/index.json');
  const told = await askApi(t, larder, 'sources', sourcesSchema);
  t.deepEqual(
    told.map(({ name, url, protocol, state }) => [name, url, protocol, state]),
    [
      ['good', good?.url, 'v3', 'up'],
      ['gone', gone?.url, 'v3', 'down'],
      ['locked', locked?.url, 'v3', 'unauthorized'],
      ['idle', started[3]?.url, 'v3', 'unknown'],
    ],
  );
  const [goodTold, goneTold, lockedTold, idleTold] = told;
  t.like(goodTold, { lastSuccessAt: '2030-01-02T03:04:05.000Z', lastError: null, errors: 0 });
  t.is(goodTold?.requests, good?.requests.length);
  const { p50, p95 } = goodTold?.latencyMs ?? {};
  t.true(typeof p50 === 'number' && typeof p95 === 'number' && p50 <= p95);
  t.like(goneTold, { lastSuccessAt: null, lastErrorCode: 'source-unreachable', latencyMs: { p50: null, p95: null } });
  t.true((goneTold?.errors ?? 0) > 0);
  t.like(lockedTold, { lastErrorCode: 'source-refused', lastErrorAt: '2030-01-02T03:04:05.000Z' });
  t.like(idleTold, { requests: 0, errors: 0 });

  await gone?.reopen();
  const state = await eventually(
    async () => {
      await larder.get('v3/flat/alpha/index.json');
      return (await askApi(t, larder, 'sources', sourcesSchema))[1]?.state;
    },
    (one) => one !== 'down',
  );
  t.is(state, 'degraded');
});

test('a package that comes through counts, and a download that breaks off is an error', async (t) => {
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes: 100_000 }] });
  t.teardown(() => source.close());
  const larder = await startLarder(t, { sources: { origin: source } });
  source.fault('.nupkg', 'reset mid-body', { times: 1 });
  const reset = await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg').catch(() => undefined);
  t.not(reset?.status, 200);
  const [broken] = await askApi(t, larder, 'sources', sourcesSchema);
  t.true((broken?.errors ?? 0) >= 1);
  t.is((await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg')).status, 200);
  const [told] = await askApi(t, larder, 'sources', sourcesSchema);
  t.is(told?.errors, broken?.errors);
  t.true((told?.requests ?? 0) > (broken?.requests ?? 0));
  t.like(await askApi(t, larder, 'status', statusSchema), {
    packages: 1,
    versions: 1,
    upstreamRequests: told?.requests,
  });
});

test('nothing in the API holds a credential, whatever the source does', async (t) => {
  const [username, password, token] = ['ferret-user', 'ferret-password', 'ferret-token'];
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  const packages = [{ id: 'Alpha', version: '1.0.0' }];
  const guarded = (value: string) => startScriptedSource({ packages, requires: { header: 'authorization', value } });
  const basic = await guarded(`Basic ${encoded}`);
  const bearer = await guarded(`Bearer ${token}`);
  for (const source of [basic, bearer]) t.teardown(() => source.close());
  const larder = await startLarder(t, {
    sources: { basic, bearer },
    sourceSettings: {
      basic: { auth: { kind: 'basic', username, password } },
      bearer: { auth: { kind: 'bearer', token } },
    },
  });
  const look = async (what: string) => {
    for (const path of ['status', 'sources', 'packages', 'explain/alpha', 'explain/alpha/1.0.0', 'explain/beta']) {
      const text = (await larder.get(`api/${path}`)).text();
      for (const secret of [username, password, token, encoded])
        t.false(text.includes(secret), `${what}: ${path}: ${secret}`);
    }
  };
  t.is((await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg')).status, 200);
  await look('while all is well');
  const { sources } = await askApi(t, larder, 'explain/alpha', explanationSchema);
  t.true(sources.every(({ state }) => state === 'found'));
  for (const fault of [{ status: 401 }, { status: 500 }, 'html', 'not http'] as const) {
    for (const source of [basic, bearer]) source.fault('', fault);
    await larder.get('v3/flat/gamma/index.json');
    await look(JSON.stringify(fault));
  }
  for (const source of [basic, bearer]) await source.close();
  await look('gone');
});

test('user info in the address of a source is not shown', async (t) => {
  const source = new V3Source({
    name: 'origin',
    url: 'http://ferret-user:ferret-word@127.0.0.1:9/v3/index.json',
    timeouts: { headersMs: 1000, idleMs: 1000 },
    maxConcurrent: 1,
    maxDocumentBytes: 1000,
    maxPackageBytes: 1000,
    maxVersionsPerId: 10,
    serviceIndexTtlMs: 0,
    version: '0',
    clock: new ManualClock(),
  });
  t.teardown(() => source.close());
  const figures = new SourceFigures(new ManualClock());
  const watched = watchSource(source, (reason) => figures.answered(reason));
  t.is((await watched.versions(PackageId.parse('Alpha'), {})).kind, 'failed');
  const report = figures.report({ name: watched.name, url: watched.url, protocol: 'v3' });
  t.is(report.url, 'http://127.0.0.1:9/v3/index.json');
  t.is(report.state, 'down');
  t.false(JSON.stringify(report).includes('ferret'));
});
