import test from 'ava';
import type { ExecutionContext } from 'ava';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RotatingText } from '../../src/ops/rotating-text.js';
import { ManualClock } from '../support/larder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function open(t: ExecutionContext, name = 'secret') {
  const folder = await temporaryFolder(t, { secret: 'first\n' });
  const clock = new ManualClock();
  const changes: string[] = [];
  const troubles: string[] = [];
  const text = new RotatingText({
    text: 'first',
    file: join(folder, name),
    clock,
    isUsable: (candidate) => !candidate.includes('\n'),
    onChange: (changed) => changes.push(changed),
    onTrouble: (problem) => troubles.push(problem.replace(folder, '')),
  });
  return { folder, clock, text, changes, troubles };
}

test('a file is looked at every few seconds, or at once where that is urgent', async (t) => {
  const { folder, clock, text, changes } = await open(t);
  await writeFile(join(folder, 'secret'), 'second\r\n');
  clock.advance(1_000);
  await text.look();
  t.is(text.text, 'first');
  clock.advance(4_000);
  await text.look();
  t.is(text.text, 'second');
  await writeFile(join(folder, 'secret'), 'third');
  await text.look(true);
  t.is(text.text, 'third');
  await text.look(true);
  t.deepEqual(changes, ['second', 'third'], 'the same again is no change');
});

test('a mount that swaps a link, as Kubernetes does, is seen', async (t) => {
  const { folder, text } = await open(t, 'mount/secret');
  const swap = async (version: string) => {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'secret'), version);
    await symlink(version, join(folder, 'data-next'));
    await rename(join(folder, 'data-next'), join(folder, 'mount'));
  };
  await swap('v1');
  await text.look(true);
  t.is(text.text, 'v1');
  await swap('v2');
  await text.look(true);
  t.is(text.text, 'v2');
});

test('a file that vanishes, is empty or cannot be used keeps the last good text and is told once', async (t) => {
  const { folder, text, troubles } = await open(t);
  const file = join(folder, 'secret');
  await rm(file);
  await text.look(true);
  await text.look(true);
  t.is(text.text, 'first');
  t.deepEqual(troubles, ['/secret cannot be read (ENOENT)']);
  await writeFile(file, '\n');
  await text.look(true);
  await writeFile(file, 'two\nlines');
  await text.look(true);
  t.is(text.text, 'first');
  t.is(troubles.length, 1);
  await writeFile(file, 'good');
  await text.look(true);
  t.is(text.text, 'good');
  await writeFile(file, '');
  await text.look(true);
  t.deepEqual(troubles.slice(1), ['/secret is empty'], 'told again after it was good');
});

test('a text without a file stays', async (t) => {
  const text = new RotatingText({ text: 'fixed', clock: new ManualClock() });
  await text.look(true);
  t.is(text.text, 'fixed');
});
