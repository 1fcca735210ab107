import test from 'ava';
import type { ExecutionContext } from 'ava';

import { failed, found } from '../../src/feed/answer.js';
import { SourceHealth } from '../../src/feed/source-health.js';
import { ReadThrough } from '../../src/feed/read-through.js';
import { SearchMemo } from '../../src/feed/search-memo.js';
import type { Clock } from '../../src/ops/clock.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { openV3 } from '../sources/open-source.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { ManualClock } from '../support/larder.js';
import { SteppedClock } from '../support/stepped-clock.js';

function start(t: ExecutionContext, { maxBytes = 1e6, patienceMs = 5_000 } = {}) {
  return startAt(t, new ManualClock(), { maxBytes, patienceMs });
}

function startAt<C extends Clock>(t: ExecutionContext, clock: C, { maxBytes = 1e6, patienceMs = 5_000 } = {}) {
  const memo = new SearchMemo({ clock, lifetimeMs: 30_000, patienceMs, maxBytes });
  const lifetimes = { versionsMs: 1, registrationMs: 1, vulnerabilitiesMs: 1, serviceIndexMs: 1, missingMs: 1 };
  const member = new ReadThrough(openV3(t, 'http://127.0.0.1:9/v3/index.json'), {
    facts: new MemoryStore().facts,
    lifetimes,
    offline: false,
    clock,
    log: silentLog,
    health: new SourceHealth({ name: 'origin', clock, log: silentLog, mostGraceMs: 1 }),
  });
  let times = 0;
  const ask = (question: string, bytes = 100) =>
    memo.ask(member, question, async () => found({ bytes, times: ++times }));
  return { memo, clock, member, ask };
}

test('an answer is used for its lifetime, and not after a clock that was set back', async (t) => {
  const { clock, ask } = start(t);
  t.false((await ask('q')).wasKept);
  clock.advance(29_999);
  t.true((await ask('q')).wasKept);
  clock.advance(1);
  t.false((await ask('q')).wasKept);
  clock.advance(-1);
  t.false((await ask('q')).wasKept);
});

test('its memory is bounded whatever is asked', async (t) => {
  const { ask } = start(t, { maxBytes: 100_000 });
  for (let n = 0; n < 200; n++) await ask(`q${n}`, 1_000);
  t.true((await ask('q199')).wasKept);
  t.false((await ask('q0')).wasKept, 'the oldest has gone');
  await ask('huge', 1_000_000);
  t.false((await ask('huge')).wasKept, 'what is larger than all of it is not kept');
});

test('a failure is not kept', async (t) => {
  const { memo, member, ask } = start(t);
  const failure = failed({ code: 'source-failed', detail: 'answered 500' });
  t.is((await memo.ask(member, 'q', async () => failure)).answer, failure);
  const again = await ask('q');
  t.is(again.answer.kind, 'found');
  t.false(again.wasKept);
});

test('who waits for a search is let go when the source turns out to be away', async (t) => {
  const { memo, member } = start(t, { patienceMs: 3_600_000 });
  const waiting = memo.ask(member, 'q', () => new Promise<never>(() => undefined));
  // Nothing listens at its address.
  t.is((await member.source.versions(PackageId.parse('Alpha'), {})).kind, 'failed');
  t.like((await waiting).answer, { kind: 'failed', reason: { code: 'source-unreachable' } });
  member.health.close();
});

test('a source that does not answer is waited for no longer than patience lasts, and its answer is kept when it comes', async (t) => {
  const clock = new SteppedClock();
  const { memo, member, ask } = startAt(t, clock, { patienceMs: 20 });
  let answer: (value: { bytes: number; times: number }) => void = () => undefined;
  const late = new Promise<{ bytes: number; times: number }>((resolve) => (answer = resolve));
  const asked = memo.ask(member, 'q', async () => found(await late));
  await clock.pass(20);
  const { answer: first } = await asked;
  t.like(first, { kind: 'failed', reason: { code: 'source-timeout', source: 'scripted' } });
  answer({ bytes: 1, times: 0 });
  await new Promise(setImmediate);
  t.true((await ask('q')).wasKept);
});
