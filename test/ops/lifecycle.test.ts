import test from 'ava';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

function start(ending: string) {
  const program = join(import.meta.dirname, 'programs/draining.js');
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [program, ending], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    line: async () => (await lines.next()).value as string | undefined,
    exit: once(child, 'exit').then(([code]) => code as number | null),
  };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} drains, then ends with 0`, async (t) => {
    const { child, line, exit } = start('cleanly');
    t.is(await line(), 'ready');
    child.kill(signal);
    t.is(await line(), signal);
    t.is(await line(), 'draining');
    child.stdin.write('\n');
    t.is(await line(), 'stopped');
    t.is(await exit, 0);
  });

test('a second signal ends at once', async (t) => {
  const { child, line, exit } = start('never');
  t.is(await line(), 'ready');
  child.kill('SIGTERM');
  t.is(await line(), 'SIGTERM');
  t.is(await line(), 'draining');
  child.kill('SIGTERM');
  t.is(await exit, 143);
});

test('a server that breaks is told', async (t) => {
  const { child, line, exit } = start('breaks');
  t.is(await line(), 'ready');
  child.stdin.write('\n');
  t.is(await line(), 'Error: broke');
  t.is(await exit, 1);
});

test('draining that fails is told', async (t) => {
  const { child, line, exit } = start('fails');
  t.is(await line(), 'ready');
  child.kill('SIGTERM');
  t.is(await line(), 'SIGTERM');
  t.is(await line(), 'draining');
  t.is(await line(), 'Error: could not drain');
  t.is(await exit, 1);
});
