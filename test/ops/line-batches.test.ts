import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { KnownEntry } from '../../src/ops/known-entry.js';
import { LineBatches } from '../../src/ops/line-batches.js';
import { createLog, knownEntries } from '../../src/ops/log.js';
import { eventually } from '../support/eventually.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Batches, and what they wrote so far, write by write. */
function collected() {
  const writes: string[] = [];
  const destination = { write: (text: Uint8Array | string) => writes.push(Buffer.from(text).toString()) > 0 };
  return { writes, batches: new LineBatches(destination) };
}

test('lines wait for each other and go out soon, in order, in one write', async (t) => {
  const { writes, batches } = collected();
  for (const line of ['a\n', 'ä…🎁\n', 'c\n']) batches.write(line);
  t.deepEqual(writes, []);
  await eventually(
    async () => writes.length,
    (count) => count > 0,
  );
  t.deepEqual(writes, ['a\nä…🎁\nc\n']);
});

test('a warning waits for nothing, and what was before it goes out with it', (t) => {
  const { writes, batches } = collected();
  batches.write('a\n');
  batches.lastLevel = 40;
  batches.write('b\n');
  t.deepEqual(writes, ['a\nb\n']);
});

test('more than fits is written at once, a line longer than a batch too, and nothing is lost or out of order', (t) => {
  const { writes, batches } = collected();
  const lines = Array.from({ length: 900 }, (_, n) => `${n} ${'ü'.repeat(n % 7 === 0 ? 20_000 : 100)}\n`);
  for (const line of lines) batches.write(line);
  t.true(writes.length > 100);
  batches.flush();
  t.is(writes.join(''), lines.join(''));
  const { length } = writes;
  batches.flush();
  t.is(writes.length, length, 'there was nothing left');
});

for (const [ending, code] of [
  ['returns', 0],
  ['exits', 3],
  ['throws', 1],
] as const)
  for (const kind of ['pipe', 'file'] as const)
    test(`a process that ends by itself has written every line to a ${kind}: it ${ending}`, async (t) => {
      const text = await printed(t, ending, kind, code);
      const lines = text.trimEnd().split('\n');
      t.deepEqual(
        lines.map((line) => (JSON.parse(line) as { n: number }).n),
        Array.from({ length: 500 }, (_, n) => n),
      );
      t.notRegex(text, /hunter2/);
    });

async function printed(t: ExecutionContext, ending: string, kind: 'pipe' | 'file', code: number): Promise<string> {
  const path = join(await temporaryDirectory(t), 'log');
  const file = await open(path, 'w');
  const program = join(import.meta.dirname, 'programs/logging.js');
  const child = spawn(process.execPath, [program, ending], {
    stdio: ['ignore', kind === 'file' ? file.fd : 'pipe', 'ignore'],
  });
  const pieces: Buffer[] = [];
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
  const [exitCode] = (await once(child, 'close')) as [number];
  await file.close();
  t.is(exitCode, code);
  return kind === 'file' ? readFile(path, 'utf8') : Buffer.concat(pieces).toString();
}

test('an entry with known members is the same line as any other', (t) => {
  const destination = new PassThrough();
  const log = createLog({ level: 'info', format: 'json', secrets: ['hunter2-secret'] }, destination);
  const entry = { path: '/"quoted"\\\n…', status: 200, feed: undefined, ms: 0.5, aborted: true };
  log.info(entry, 'GET "a" hunter2-secret');
  const { ms, aborted, ...first } = entry;
  const known = new KnownEntry(first, 'GET "a" hunter2-secret');
  knownEntries(log)('info', known, { ms, key: undefined, aborted });
  knownEntries(log)('info', known, { ms: 7, told: '"' });
  knownEntries(log)('warn', new KnownEntry(entry, 'https://user:hunter@host/'), {});
  const [any, once, again, warning] = String(destination.read())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.deepEqual({ ...once, time: 0 }, { ...any, time: 0 });
  t.deepEqual(Object.keys(once ?? {}), Object.keys(any ?? {}));
  t.deepEqual(
    { ...again, time: 0 },
    { level: 'info', time: 0, path: entry.path, status: 200, ms: 7, told: '"', msg: 'GET "a" …' },
  );
  t.regex(String(once?.['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  t.like(warning, { level: 'warn', msg: 'https://…@host/' });
});
