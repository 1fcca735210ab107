import test from 'ava';
import type { ExecutionContext } from 'ava';

import { eventually } from '../support/eventually.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { Fault, SourceTraits } from '../support/scripted-source.js';

const ids = Array.from({ length: 130 }, (_, i) => `kept${i}`);
const listOf = (id: string) => `v3/flat/${id}/index.json`;
/** Everything that is kept is old at once. */
const alwaysOld = { freshness: { versions: '1ms', registration: '1ms', missing: '1ms' } };

/** A real clock, since pauses and probes take their time; patience with the source is long, so that only what we decide is quick. */
async function start(t: ExecutionContext, traits: Partial<SourceTraits> = {}) {
  const source = await startScriptedSource({
    packages: [...ids, 'Cold', 'Other'].map((id) => ({
      id,
      version: '1.0.0',
      fillerBytes: id === 'Cold' ? 300_000 : 0,
    })),
    traits,
  });
  t.teardown(() => source.close());
  const larder = await startLarder(t, {
    sources: { origin: source },
    source: { timeouts: { headers: '60s', idle: '60s' } },
    config: alwaysOld,
  });
  return { source, larder };
}

for (const [trap, what, fault] of [
  ['traps 21 and 38', 'accepts and never answers', 'hang'],
  ['trap 38', 'takes five seconds for each answer', { delayMs: 5_000 }],
] as [string, string, Fault][])
  test(`${trap}: 130 lists that are kept cost no waiting one by one when their source ${what}`, async (t) => {
    t.timeout(240_000);
    const { source, larder } = await start(t);
    for (const id of ids) t.is((await larder.get(listOf(id))).status, 200);
    source.fault('', fault);
    const beganAtMs = performance.now();
    for (const id of ids) {
      const reply = await larder.get(listOf(id));
      t.is(reply.status, 200);
      t.is(reply.headers['x-cache'], 'STALE');
    }
    const seconds = (performance.now() - beganAtMs) / 1000;
    t.log(`${ids.length} lists, one after the other, in ${seconds.toFixed(1)} s`);
    t.true(seconds < 30, 'with half a second for each it would be 65');
  });

test('429 with Retry-After pauses the source for all ids: what is kept is served, the rest is told when to come', async (t) => {
  const { source, larder } = await start(t);
  t.is((await larder.get(listOf('kept0'))).status, 200);
  source.fault('cold', { status: 429, headers: { 'retry-after': '300' } });
  const first = await larder.get(listOf('cold'));
  t.is(first.status, 503);
  t.is(first.headers['retry-after'], '300');
  source.clearFaults();
  const asked = source.requests.length;
  const other = await larder.get(listOf('other'));
  t.is(other.status, 503);
  t.regex(String(other.headers['retry-after']), /^(300|29\d)$/);
  t.regex(other.reason, /^origin wants to be asked less and is left alone for another \d+ s$/);
  t.is((await larder.get('v3/flat/other/1.0.0/other.1.0.0.nupkg')).status, 503);
  const kept = await larder.get(listOf('kept0'));
  t.is(kept.status, 200);
  t.is(kept.headers['x-cache'], 'STALE');
  t.regex(String(kept.headers['x-nuget-warning']), /wants to be asked less/);
  t.is(source.requests.length, asked);
});

test('a pause that ends within the time of a request is sat out, by all who come meanwhile', async (t) => {
  const { source, larder } = await start(t);
  t.is((await larder.get(listOf('kept0'))).status, 200);
  source.fault('cold', { status: 503, headers: { 'retry-after': '1' } }, { times: 1 });
  const cold = larder.get(listOf('cold'));
  await eventually(
    async () => source.count('cold'),
    (count) => count === 1,
  );
  const others = [larder.get(listOf('other')), larder.get(listOf('kept1'))];
  for (const reply of await Promise.all([cold, ...others])) t.is(reply.status, 200);
  t.is(source.count('cold'), 2);
});

test('a storm of 429 that say no time passes, and is no outage', async (t) => {
  const { source, larder } = await start(t);
  t.is((await larder.get(listOf('cold'))).status, 200);
  source.fault('kept', { status: 429 });
  setTimeout(() => source.clearFaults(), 1_000);
  const replies = await Promise.all(ids.slice(0, 20).map((id) => larder.get(listOf(id))));
  for (const reply of replies) {
    t.true(reply.status === 200 || reply.status === 503, reply.text());
    t.notRegex(reply.text(), /is away since/);
  }
  for (const id of ids.slice(0, 20))
    await eventually(
      () => larder.get(listOf(id)),
      ({ status }) => status === 200,
    );
});

test('a package whose connection is reset goes on at the source, and the client sees none of it', async (t) => {
  const { source, larder } = await start(t, { ranges: true });
  source.fault('.nupkg', { resetAfterBytes: 120_000 });
  const reply = await larder.get('v3/flat/cold/1.0.0/cold.1.0.0.nupkg');
  t.is(reply.status, 200);
  t.true(reply.body.equals(source.package('Cold', '1.0.0').bytes));
  const ranges = source.requests.filter(({ path }) => path.includes('.nupkg')).map(({ headers }) => headers.range);
  t.is(ranges[0], undefined);
  t.true(ranges.length >= 2 && ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')));
});

test('one document that the server cannot make is no outage: other ids are asked on', async (t) => {
  const { source, larder } = await start(t);
  source.fault('kept0', { status: 500 });
  for (let i = 0; i < 10; i++) t.is((await larder.get(listOf('kept0'))).status, 502);
  t.is((await larder.get(listOf('cold'))).status, 200);
});
